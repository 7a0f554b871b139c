package database

import (
	"context"
	"sync"
	"time"
)

// bounded is context.WithDeadline whose timer is made when somebody waits for it: most of
// what a login asks is known already, and nobody does.
type bounded struct {
	context.Context
	deadline time.Time

	mu    sync.Mutex
	timed context.Context // nil: nobody waits yet
	stop  context.CancelFunc
	ended bool // cancel was called before
}

// Deadline is context.Context's.
func (b *bounded) Deadline() (time.Time, bool) {
	if earlier, ok := b.Context.Deadline(); ok && earlier.Before(b.deadline) {
		return earlier, true
	}
	return b.deadline, true
}

// Done is context.Context's.
func (b *bounded) Done() <-chan struct{} { return b.timer().Done() }

// Err is context.Context's.
func (b *bounded) Err() error { return b.timer().Err() }

// timer is the context that has a timer.
func (b *bounded) timer() context.Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timed == nil {
		b.timed, b.stop = context.WithDeadline(b.Context, b.deadline)
		if b.ended {
			b.stop()
		}
	}
	return b.timed
}

func (b *bounded) cancel() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended = true; b.stop != nil {
		b.stop()
	}
}
