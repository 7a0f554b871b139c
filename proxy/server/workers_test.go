package server

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWorkers: what is to be run never waits for anything else that is, whoever is idle; few
// stay idle for long, and nobody once the server has ended.
func TestWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWorkers()
		idle := func(want int) {
			t.Helper()
			synctest.Wait()
			if got := int(w.waiting.Load()); got != want {
				t.Errorf("%d wait for a session, want %d", got, want)
			}
		}
		// crowd has so many run at once: each waits for the last of them.
		crowd := func(n int) {
			var all sync.WaitGroup
			all.Add(n)
			for range n {
				w.run(ctx, func() { all.Done(); all.Wait() })
			}
			all.Wait()
			synctest.Wait()
		}
		crowd(2)
		idle(2)
		crowd(2)
		idle(2) // the same ones
		crowd(mostLingers + 10)
		idle(mostLingers)
		time.Sleep(lingers)
		idle(0)
		crowd(3)
		cancel()
		idle(0)
		crowd(1)
		idle(0)
	})
}
