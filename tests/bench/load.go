package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// tally is what a load came to.
type tally struct {
	done    int // without an error
	errors  int
	first   error
	elapsed time.Duration
}

func (t tally) perSecond() float64 { return float64(t.done) / t.elapsed.Seconds() }

// clients lets n clients at once repeat work while more says so. turn counts
// from 0 over all of them.
func clients(n int, more func(turn int) bool, work func(client, turn int) error) tally {
	var turns, done atomic.Int64
	var mu sync.Mutex
	var t tally
	var wg sync.WaitGroup
	began := time.Now()
	for client := range n {
		wg.Go(func() {
			for {
				turn := int(turns.Add(1) - 1)
				if !more(turn) {
					return
				}
				if err := work(client, turn); err != nil {
					mu.Lock()
					t.errors++
					if t.first == nil {
						t.first = err
					}
					mu.Unlock()
					continue
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	t.done, t.elapsed = int(done.Load()), time.Since(began)
	return t
}

// during repeats for a time, times for a number of turns.
func during(d time.Duration) func(int) bool {
	end := time.Now().Add(d)
	return func(int) bool { return time.Now().Before(end) }
}

func times(n int) func(int) bool { return func(turn int) bool { return turn < n } }

// median of an even number of values is the lower one in the middle.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the smallest value that q of the values do not exceed.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, max(0, int(q*float64(len(sorted))+0.999999)-1))]
}

// failed is a tally of one turn.
func failed(err error) tally {
	if err == nil {
		return tally{done: 1}
	}
	return tally{errors: 1, first: err}
}
