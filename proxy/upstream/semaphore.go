package upstream

import (
	"context"
	"fmt"

	"popbridge/configs"
	"popbridge/translate"
)

// Semaphore lets as many connections through as an upstream may have
// (upstream.max_connections); nil lets all through.
type Semaphore chan struct{}

type semaphoreKey struct {
	upstream string
	places   int
}

// Semaphore gives an upstream's. A reload may change the limit while sessions keep
// the one that they began with: each limit has its own, and none is made twice.
func (d *Dialer) Semaphore(u configs.Upstream) Semaphore {
	if u.MaxConnections == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := semaphoreKey{u.Name, u.MaxConnections}
	s := d.semaphores[key]
	if s == nil {
		s = make(Semaphore, u.MaxConnections)
		d.semaphores[key] = s
	}
	return s
}

// TryAcquire takes a place if one is free.
func (s Semaphore) TryAcquire() bool {
	if s == nil {
		return true
	}
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// Acquire waits for a place; the login's deadline ends the wait.
func (s Semaphore) Acquire(ctx context.Context, upstream string) error {
	if s.TryAcquire() {
		return nil
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return translate.Temporary(fmt.Errorf("upstream %q has had all its %d connections in use (max_connections) for as long as the login could wait", upstream, cap(s)))
	}
}

// Release gives a place back.
func (s Semaphore) Release() {
	if s != nil {
		<-s
	}
}
