package ledger

import (
	"context"
	"fmt"
	"sync"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// locks is who holds which maildrop.
type locks interface {
	// begin makes it ready to give locks, before the first is taken.
	begin(ctx context.Context) error
	// take gives the page its lock and a fencing number, which no other page of
	// this ledger has or will have. It fails with translate.InUse where the lock
	// is held and may not be taken over.
	take(ctx context.Context, p *Page) error
	// free gives the lock up.
	free(p *Page)
	// check fails with translate.InUse where the page has lost its lock; what is
	// committed with the transaction is then committed under the lock. The
	// page's mutex is held.
	check(ctx context.Context, tx database.Querier, p *Page) error
	// alive reports whether a session may still be carrying out its intent.
	alive(ctx context.Context, owner string, fence int64) (bool, error)
	close() error
}

// localLocks are the locks of a ledger that one process serves: they cost no
// write, and end with the process.
type localLocks struct {
	store *Store
	mu    sync.Mutex
	fence int64
	held  map[string]*Page
	live  map[int64]struct{} // fences
}

func newLocalLocks(s *Store) *localLocks {
	return &localLocks{store: s, held: make(map[string]*Page), live: make(map[int64]struct{})}
}

func (l *localLocks) take(_ context.Context, p *Page) error {
	if p.key.Arrival != nil {
		return errAskFirst // it costs nothing
	}
	l.mu.Lock()
	holder := l.held[p.scope]
	if p.scope == "" {
		holder = nil
	}
	if holder != nil {
		silent := p.store.clock() - time.Duration(holder.active.Load())
		if p.key.Takeover <= 0 || silent < p.key.Takeover {
			l.mu.Unlock()
			return held(holderOf(holder.key), silent)
		}
		delete(l.live, holder.fence)
	}
	l.fence++
	p.fence = l.fence
	l.live[p.fence] = struct{}{}
	if p.scope != "" {
		l.held[p.scope] = p
	}
	l.mu.Unlock()
	if holder != nil {
		holder.displace()
	}
	return nil
}

// held is the refusal of a lock that somebody holds who was active so long ago.
func held(by string, silent time.Duration) error {
	return translate.InUse(fmt.Errorf("the lock is held by %s, active %v ago; popbridge who shows sessions, popbridge kick ends them",
		by, max(0, silent).Round(time.Millisecond)))
}

// holderOf tells an operator which session it is.
func holderOf(k backend.PageKey) string {
	return fmt.Sprintf("session %s (device %q) from %s", k.Session, database.Unname(k.Device), k.Client)
}

func (l *localLocks) free(p *Page) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, p.fence)
	if l.held[p.scope] == p {
		delete(l.held, p.scope)
	}
}

// check needs no more than the page's own word: displace waits for the mutex
// that is held until the commit has returned.
func (l *localLocks) check(_ context.Context, _ database.Querier, p *Page) error { return p.holding() }

func (l *localLocks) alive(_ context.Context, owner string, fence int64) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, live := l.live[fence]
	return live && owner == l.store.name, nil
}

func (l *localLocks) begin(context.Context) error { return nil }

func (l *localLocks) close() error { return nil }
