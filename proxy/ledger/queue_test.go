package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"popbridge/proxy/ledger"
)

// TestWritersThatWait: SQLite's writers are served as they came, what has gathered
// is one commit, and the failure of one is nobody else's.
func TestWritersThatWait(t *testing.T) {
	failure := errors.New("the third fails")
	for _, c := range []struct {
		name    string
		fails   int // which one; 0 for none
		gone    int // whose context ends while it waits
		commits uint32
	}{
		{"all", 0, 0, 2},
		{"one fails", 3, 0, 20},
		{"one does not wait", 0, 5, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			const writers = 20
			s := sqliteAt(t).open(t)
			before := ledger.Stamp(t, s)
			begun, release := make(chan struct{}), make(chan struct{})
			var order []int
			var wg sync.WaitGroup
			wg.Go(func() {
				err := ledger.Update(s, context.Background(), func() error { close(begun); <-release; return nil })
				if err != nil {
					t.Errorf("the first: %v", err)
				}
			})
			<-begun
			for n := 1; n <= writers; n++ {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				wg.Go(func() {
					err := ledger.Update(s, ctx, func() error {
						if n == c.fails {
							return failure
						}
						order = append(slices.DeleteFunc(order, func(o int) bool { return o == n }), n)
						return nil
					})
					var want error
					switch n {
					case c.fails:
						want = failure
					case c.gone:
						want = context.Canceled
					}
					if !errors.Is(err, want) {
						t.Errorf("writer %d: %v, want %v", n, err, want)
					}
				})
				ledger.AwaitWriters(s, n)
				if n == c.gone {
					cancel()
					ledger.AwaitWriters(s, n-1)
					wg.Go(func() {
						if err := ledger.Update(s, context.Background(), func() error { return nil }); err != nil {
							t.Errorf("after the one that went: %v", err)
						}
					})
					ledger.AwaitWriters(s, n)
				}
			}
			close(release)
			wg.Wait()
			var want []int
			for n := 1; n <= writers; n++ {
				if n != c.fails && n != c.gone {
					want = append(want, n)
				}
			}
			if !slices.Equal(order, want) {
				t.Errorf("they wrote in the order %v", order)
			}
			if commits := ledger.Stamp(t, s) - before; commits != c.commits {
				t.Errorf("%d commits, want %d", commits, c.commits)
			}
		})
	}
}

// BenchmarkWriters measures what hundreds of sessions that end at once cost.
func BenchmarkWriters(b *testing.B) {
	for _, sessions := range []int{1, 8, 200} {
		b.Run(fmt.Sprint(sessions), func(b *testing.B) {
			s := sqliteAt(b).open(b)
			var wg sync.WaitGroup
			turns := make(chan struct{})
			for range sessions {
				wg.Go(func() {
					for range turns {
						if err := ledger.Update(s, context.Background(), func() error { return nil }); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				turns <- struct{}{}
			}
			close(turns)
			wg.Wait()
		})
	}
}
