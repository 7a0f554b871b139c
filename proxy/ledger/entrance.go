package ledger

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// leaseText makes a lease for a scope and a proxy on a condition, or takes over one that is
// free, for takeover in milliseconds, or less than 0 for never. It gives the fence, and
// whether what follows sees what was committed before the lease was free.
func leaseText(scope, proxy, takeover, condition string) string {
	return fmt.Sprintf(`INSERT INTO leases AS l (scope, proxy, taken_at, active_at) SELECT %[1]s, %[2]s, now(), now() WHERE %[4]s
			ON CONFLICT (scope) DO UPDATE SET fence = nextval('fences'), proxy = excluded.proxy, taken_at = now(), active_at = now()
			WHERE l.proxy = %[2]s OR NOT EXISTS (SELECT 1 FROM proxies x WHERE x.id = l.proxy AND `+database.ProxyAlive+`)
				OR %[3]s::bigint >= 0 AND l.active_at < now() - %[3]s::bigint * interval '1 millisecond'
			RETURNING l.fence, `+database.OwnSnapshots, scope, proxy, takeover, condition)
}

// newEntrance makes the function that takes a lease and gives what a login reads behind it:
// no row where the lease is not free. Within it these are two statements. One alone would
// have one snapshot, of before it waited for the lease: of a page as it was before the
// session that held the lease has written.
//
// Where it is told how many events there were, and which upstream serves the account, it
// takes the lease only where that is so still, and everybody may log in. All this is of one
// state of the ledger, as Progress.Arrival's answer is.
func newEntrance(s *Store) *database.Function {
	behind := new(opened).ask(backend.PageKey{}, translate.Box{})
	n := len(behind.Args)
	argument := func(i int) string { return fmt.Sprintf("$%d", n+i) }
	selected := behind.Text[len("SELECT "):]
	condition := fmt.Sprintf("(%[1]s IS NULL OR %[1]s = %[2]s AND %[3]s)", argument(4), events.Generation, s.Progress.Unmoved(argument(5)))
	return database.NewFunction("popbridge_enter", pageArguments+", "+mailboxes.JoinedArguments+", text, text, bigint, bigint, text", "bigint, boolean, "+pageTypes+", "+mailboxes.JoinedTypes,
		`DECLARE
			lease bigint;
			after boolean;
		BEGIN
			`+leaseText(argument(1), argument(2), argument(3), condition)+` INTO lease, after;
			IF FOUND THEN
				RETURN QUERY SELECT lease, after, `+selected+`;
			END IF;
		END`)
}

// entry is what is asked to enter.
type entry struct {
	fence  int64
	after  bool // what follows the lease sees what was committed before it was free
	read   *opened
	behind *database.Question
}

func newEntry(p *Page) *entry {
	e := &entry{read: new(opened)}
	e.behind = e.read.ask(p.key, p.box())
	return e
}

// call calls the entrance with what stands behind a page's own arguments.
func (l *leases) call(ctx context.Context, e *entry, args ...any) (found, called bool, err error) {
	own := e.behind.Args
	return l.store.db.Call(ctx, l.entrance, append(own[:len(own):len(own)], args...), append([]any{&e.fence, &e.after}, e.behind.Into...))
}

// taken gives the lease, 0 for none, and what was read behind it, nil where that has to be
// asked for.
func (e *entry) taken(found bool, err error) (int64, *opened, error) {
	switch {
	case err != nil || !found:
		return 0, nil, err
	case !e.after:
		return e.fence, nil, nil
	}
	return e.fence, e.read, nil
}

// enter takes a lease that is free, with what a login reads behind it.
func (l *leases) enter(ctx context.Context, p *Page, takeover int64) (fence int64, read *opened, err error) {
	e := newEntry(p)
	found, called, err := l.call(ctx, e, p.scope, l.store.name, takeover, nil, nil)
	if !called {
		lease := &database.Question{Text: leaseText("$1", "$2", "$3", "true"), Args: []any{p.scope, l.store.name, takeover}, Into: []any{&e.fence, &e.after}}
		err = l.store.db.Together(ctx, lease, e.behind)
		found = lease.Found
	}
	return e.taken(found, err)
}

// errAskFirst refuses a login that has not arrived.
var errAskFirst = translate.InUse(errors.New("the lock is not free, or operators have asked something, or the account is somewhere else: the login has to ask one after the other"))

// arrive is enter for a login that has not arrived: it is taken only where there is nothing
// that Arrive would have told. What is not free by itself is not taken over.
func (l *leases) arrive(ctx context.Context, p *Page) (fence int64, read *opened, err error) {
	generation, at := l.store.Events.Done()
	e := newEntry(p)
	found, _, err := l.call(ctx, e, p.scope, l.store.name, int64(-1), generation, database.Name(p.key.Arrival.Upstream))
	p.key.Arrival.At = at
	return e.taken(found, err)
}
