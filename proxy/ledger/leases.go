package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Leases that several proxies share. A proxy is alive while its heartbeat is not
// older than leaseLife; the leases of one that is not are free for the taking.
// The database's clock is the only one that is compared between proxies.
const (
	beatInterval = 2 * time.Second
	leaseLife    = 6 * time.Second
	// beatSlack is how much older than the truth the database's idea of a
	// session's last activity may be. It is added to the takeover time of
	// another proxy's session.
	beatSlack = beatInterval + time.Second
)

// leases are the locks of a PostgreSQL that several proxies share.
type leases struct {
	store   *Store
	stop    context.CancelFunc
	ended   chan struct{}
	callers sync.WaitGroup // goroutines that tell sessions that they are displaced

	mu       sync.Mutex
	held     map[int64]*Page // by fence
	scopes   map[string]*Page
	reported map[int64]int64 // the activity that the last heartbeat carried, by fence
	released []int64         // fences that are still to be deleted
	ahead    time.Duration   // the database's clock before that of the Store, at the last heartbeat
	entrance *database.Function
}

func newLeases(s *Store) *leases {
	return &leases{store: s, stop: func() {}, held: make(map[int64]*Page), scopes: make(map[string]*Page), reported: make(map[int64]int64)}
}

// begin clears away what dead proxies have left, and starts the heartbeat.
func (l *leases) begin(ctx context.Context) error {
	c := l.store.db.View()
	if err := c.Exec(ctx, "DELETE FROM leases l WHERE NOT EXISTS (SELECT 1 FROM proxies x WHERE x.id = l.proxy AND "+database.ProxyAlive+")"); err != nil {
		return err
	}
	if err := c.Exec(ctx, "DELETE FROM proxies WHERE heartbeat NOT BETWEEN now() - interval '1 day' AND now() + interval '1 day'"); err != nil {
		return err
	}
	if err := l.beat(ctx); err != nil {
		return err
	}
	l.entrance = newEntrance(l.store)
	if err := l.store.db.Provide(ctx, l.entrance); err != nil {
		l.store.db.Log("info", "PostgreSQL takes no function of popbridge's: each login asks one statement more", "cause", l.store.db.Explain(err))
	}
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.ended = make(chan struct{})
	go l.run(ctx)
	return nil
}

// tell displaces a page; that waits for what it is committing, and nobody else
// has to.
func (l *leases) tell(p *Page) {
	p.displaced.Store(true)
	l.callers.Go(p.displace)
}

// forget is called with the mutex held.
func (l *leases) forget(p *Page) {
	delete(l.held, p.fence)
	delete(l.reported, p.fence)
	if l.scopes[p.scope] == p {
		delete(l.scopes, p.scope)
	}
}

func (l *leases) take(ctx context.Context, p *Page) error {
	if p.scope == "" {
		p.scope = "session " + rand.Text() // nobody else asks for it
	}
	// This proxy knows better than the database when its own sessions were
	// active, so it decides about them alone.
	l.mu.Lock()
	holder := l.scopes[p.scope]
	if holder != nil && p.key.Arrival != nil {
		l.mu.Unlock()
		return errAskFirst
	}
	if holder != nil {
		silent := l.store.clock() - time.Duration(holder.active.Load())
		if p.key.Takeover <= 0 || silent < p.key.Takeover {
			l.mu.Unlock()
			return held(holderOf(holder.key), silent)
		}
	}
	l.scopes[p.scope] = p
	l.mu.Unlock()

	fence, read, err := l.acquire(ctx, p)

	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		delete(l.scopes, p.scope)
		if holder != nil && l.held[holder.fence] == holder {
			l.scopes[p.scope] = holder
		}
		return err
	}
	p.fence, p.opened = fence, read
	l.held[fence] = p
	if holder != nil && l.held[holder.fence] == holder {
		l.forget(holder)
		l.tell(holder)
	}
	return nil
}

// acquire makes the lease, or takes over one that is free: of this very proxy,
// of a dead one, or of a session that has been silent for too long. What a login reads
// behind the lock comes with it, as it is when the lock is held: nil where it has to be
// asked for.
func (l *leases) acquire(ctx context.Context, p *Page) (fence int64, read *opened, err error) {
	takeover := int64(-1)
	if p.key.Takeover > 0 {
		takeover = (p.key.Takeover + beatSlack).Milliseconds()
	}
	c := l.store.db.View()
	if p.key.Arrival != nil {
		if fence, read, err = l.arrive(ctx, p); err == nil && fence == 0 {
			err = errAskFirst
		}
		return fence, read, err
	}
	for range 3 {
		fence, read, err = l.enter(ctx, p, takeover)
		if err != nil || fence != 0 {
			return fence, read, err
		}
		var silent int64
		var proxy string
		err = c.Row(ctx, "SELECT proxy, (EXTRACT(EPOCH FROM now() - active_at) * 1000)::bigint FROM leases WHERE scope = $1", p.scope).Scan(&proxy, &silent)
		if err == nil {
			return 0, nil, held("a session at "+database.ProxyLabel(proxy), time.Duration(silent)*time.Millisecond)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, nil, err
		}
	}
	return 0, nil, held("sessions that come and go", 0)
}

// free gives the lease up. What cannot be deleted now is deleted with a
// heartbeat.
func (l *leases) free(p *Page) {
	l.mu.Lock()
	mine := l.held[p.fence] == p
	l.forget(p)
	l.mu.Unlock()
	if !mine {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), beatInterval)
	defer cancel()
	if err := l.store.db.View().Exec(ctx, "DELETE FROM leases WHERE fence = $1 AND proxy = $2", p.fence, l.store.name); err != nil {
		l.mu.Lock()
		l.released = append(l.released, p.fence)
		l.mu.Unlock()
	}
}

// check locks the lease's row, so that nobody can take it before the commit. The
// weakest lock will do: it stands in the way of a new fence, not of a heartbeat. A
// standby that takes over without the last commits gives fences out again that others
// hold, so that a lease is its proxy's, too.
func (l *leases) check(ctx context.Context, tx database.Querier, p *Page) error {
	var one int
	err := tx.Row(ctx, "SELECT 1 FROM leases l JOIN proxies x ON x.id = l.proxy WHERE l.scope = $1 AND l.fence = $2 AND l.proxy = $3 AND "+database.ProxyAlive+" FOR KEY SHARE OF l",
		p.scope, p.fence, l.store.name).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return translate.InUse(errDisplaced)
	}
	return err
}

func (l *leases) alive(ctx context.Context, owner string, fence int64) (alive bool, err error) {
	err = l.store.db.View().Row(ctx, "SELECT EXISTS (SELECT 1 FROM leases l JOIN proxies x ON x.id = l.proxy WHERE l.fence = $1 AND l.proxy = $2 AND "+database.ProxyAlive+")", fence, owner).Scan(&alive)
	return alive, err
}

// close ends the heartbeat and gives all leases up.
func (l *leases) close() error {
	if l.ended == nil {
		return nil
	}
	l.stop()
	<-l.ended
	l.callers.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), beatInterval)
	defer cancel()
	c := l.store.db.View()
	return errors.Join(c.Exec(ctx, "DELETE FROM leases WHERE proxy = $1", l.store.name), c.Exec(ctx, "DELETE FROM proxies WHERE id = $1", l.store.name))
}
