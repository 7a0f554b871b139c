package server

import (
	"context"
	"sync/atomic"
	"time"
)

// A goroutine that has served a session waits so long for another one, and no more than so
// many do.
const (
	lingers     = time.Second
	mostLingers = 64
)

// workers are goroutines that serve one session after another. The stack of each session
// grows several times until it has logged in; that of a worker has grown already.
type workers struct {
	next    chan func()
	waiting atomic.Int32
}

func newWorkers() *workers { return &workers{next: make(chan func())} }

// run has one of them do something, until the end of which it does not wait. Those that have
// nothing to do end with ctx.
func (w *workers) run(ctx context.Context, do func()) {
	select {
	case w.next <- do:
	default:
		go w.work(ctx, do)
	}
}

func (w *workers) work(ctx context.Context, do func()) {
	patience := time.NewTimer(lingers)
	defer patience.Stop()
	for {
		do()
		if w.waiting.Add(1) > mostLingers {
			w.waiting.Add(-1)
			return
		}
		patience.Reset(lingers)
		select {
		case do = <-w.next:
			w.waiting.Add(-1)
		case <-patience.C:
			w.waiting.Add(-1)
			return
		case <-ctx.Done():
			w.waiting.Add(-1)
			return
		}
	}
}
