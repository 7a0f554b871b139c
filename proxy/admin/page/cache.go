package page

import (
	"context"
	"sync"
	"time"

	"popbridge/proxy/admin/desk"
)

// memo keeps an answer that takes long to make, so that any number of pages which update
// themselves cost no more than a small part of the time, and none of them waits for it: it
// is made again in the background, when it is older than share times what it took.
type memo[T any] struct {
	make func(context.Context) (T, error)

	mu     sync.Mutex
	value  T
	err    error
	at     time.Time // when it was made; zero: never, or it was forgotten
	took   time.Duration
	flight chan struct{} // closed when it is made; nil: nobody makes it
}

const (
	// share bounds the time that answers take: one part of so many.
	share = 20
	// stale is how old an answer may be that is shown as what is so now, beside what share
	// asks for.
	stale = 30 * time.Second
	// glance is how long a page waits for a new answer before it shows what there is.
	glance = 100 * time.Millisecond
)

// get gives an answer that is not too old; not known where one is still being made.
func (m *memo[T]) get(ctx context.Context) (value T, known bool, err error) {
	value, at, err := m.newest(ctx)
	if err != nil || at.IsZero() {
		return value, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(at) >= share*m.took+stale {
		var none T
		return none, false, nil
	}
	return value, true, nil
}

// newest gives the newest answer that there is, however old, with when it was made: zero
// where it is still being made for the first time.
func (m *memo[T]) newest(ctx context.Context) (value T, at time.Time, err error) {
	m.mu.Lock()
	if time.Since(m.at) >= share*m.took && m.flight == nil {
		m.flight = make(chan struct{})
		go m.fly(context.WithoutCancel(ctx), m.flight)
	}
	done := m.flight
	m.mu.Unlock()
	if done != nil {
		late := time.NewTimer(glance)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
		case <-ctx.Done():
			return value, at, ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.value, m.at, m.err
}

// fly makes the answer.
func (m *memo[T]) fly(ctx context.Context, done chan struct{}) {
	began := time.Now()
	value, err := m.make(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.flight == done {
		m.value, m.err, m.at, m.took, m.flight = value, err, time.Now(), time.Since(began), nil
	}
	close(done)
}

// forget has the next one be made anew, after something was changed.
func (m *memo[T]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var none T
	m.value, m.err, m.at, m.took, m.flight = none, nil, time.Time{}, 0, nil
}

// cache holds the answers for which other proxies, or all accounts, have to be asked.
type cache struct {
	sessions  memo[desk.Roll]
	troubles  memo[desk.Troubles]
	migration memo[desk.Migration]
}

func newCache(d desk.Service) *cache {
	return &cache{
		sessions:  memo[desk.Roll]{make: func(ctx context.Context) (desk.Roll, error) { return d.Sessions(ctx, "") }},
		troubles:  memo[desk.Troubles]{make: func(ctx context.Context) (desk.Troubles, error) { return d.Troubles(ctx, "") }},
		migration: memo[desk.Migration]{make: d.Migration},
	}
}

// forget is for when somebody has changed something, and wants to see that it is so.
func (c *cache) forget() {
	c.sessions.forget()
	c.troubles.forget()
	c.migration.forget()
}
