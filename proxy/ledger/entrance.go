package ledger

import (
	"context"
	"fmt"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// leaseText makes a lease for a scope and a proxy, or takes over one that is free, for
// takeover in milliseconds, or less than 0 for never. It gives the fence, and whether what
// follows sees what was committed before the lease was free.
func leaseText(scope, proxy, takeover string) string {
	return fmt.Sprintf(`INSERT INTO leases AS l (scope, proxy, taken_at, active_at) VALUES (%[1]s, %[2]s, now(), now())
			ON CONFLICT (scope) DO UPDATE SET fence = nextval('fences'), proxy = excluded.proxy, taken_at = now(), active_at = now()
			WHERE l.proxy = %[2]s OR NOT EXISTS (SELECT 1 FROM proxies x WHERE x.id = l.proxy AND `+database.ProxyAlive+`)
				OR %[3]s::bigint >= 0 AND l.active_at < now() - %[3]s::bigint * interval '1 millisecond'
			RETURNING l.fence, `+database.OwnSnapshots, scope, proxy, takeover)
}

// newEntrance makes the function that takes a lease and gives what a login reads behind it:
// no row where the lease is not free. Within it these are two statements. One alone would
// have one snapshot, of before it waited for the lease: of a page as it was before the
// session that held the lease has written.
func newEntrance() *database.Function {
	behind := new(opened).ask(backend.PageKey{}, translate.Box{})
	n := len(behind.Args)
	argument := func(i int) string { return fmt.Sprintf("$%d", n+i) }
	selected := behind.Text[len("SELECT "):]
	return database.NewFunction("popbridge_enter", pageArguments+", "+mailboxes.JoinedArguments+", text, text, bigint", "bigint, boolean, "+pageTypes+", "+mailboxes.JoinedTypes,
		`DECLARE
			lease bigint;
			after boolean;
		BEGIN
			`+leaseText(argument(1), argument(2), argument(3))+` INTO lease, after;
			IF FOUND THEN
				RETURN QUERY SELECT lease, after, `+selected+`;
			END IF;
		END`)
}

// enter takes a lease that is free, with what a login reads behind it; nil where that has
// to be asked for. It gives 0 where the lease is not free.
func (l *leases) enter(ctx context.Context, p *Page, takeover int64) (fence int64, read *opened, err error) {
	var after bool // what follows the lease sees what was committed before it was free
	read = new(opened)
	behind, mine := read.ask(p.key, p.box()), []any{p.scope, l.store.name, takeover}
	found, called, err := l.store.db.Call(ctx, l.entrance, append(behind.Args[:len(behind.Args):len(behind.Args)], mine...), append([]any{&fence, &after}, behind.Into...))
	if !called {
		lease := &database.Question{Text: leaseText("$1", "$2", "$3"), Args: mine, Into: []any{&fence, &after}}
		err = l.store.db.Together(ctx, lease, behind)
		found = lease.Found
	}
	switch {
	case err != nil || !found:
		return 0, nil, err
	case !after:
		read = nil
	}
	return fence, read, nil
}
