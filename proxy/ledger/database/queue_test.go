package database

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// open opens a new SQLite file.
func open(t testing.TB) *DB {
	t.Helper()
	d, err := Open(context.Background(), Options{Driver: SQLite, Source: filepath.Join(t.TempDir(), "state.db"), Serve: true, Log: func(string, string, ...any) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// write writes nothing but what f does meanwhile, in a transaction.
func write(d *DB, ctx context.Context, f func() error) error {
	return d.Update(ctx, func(Querier) error { return f() })
}

// awaitWriters returns when n writers wait for their turn.
func awaitWriters(d *DB, n int) {
	for {
		d.queue.mu.Lock()
		waiting := len(d.queue.waiting)
		d.queue.mu.Unlock()
		if waiting == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// stamp counts the commits to the file.
func stamp(t testing.TB, d *DB) (stamp uint32) {
	t.Helper()
	if err := d.View().Row(context.Background(), "PRAGMA user_version").Scan(&stamp); err != nil {
		t.Fatal(err)
	}
	return stamp
}

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
		{"one fails", 3, 0, 2},
		{"one does not wait", 0, 5, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			const writers = 20
			d := open(t)
			before := stamp(t, d)
			begun, release := make(chan struct{}), make(chan struct{})
			var order []int
			var wg sync.WaitGroup
			wg.Go(func() {
				err := write(d, context.Background(), func() error { close(begun); <-release; return nil })
				if err != nil {
					t.Errorf("the first: %v", err)
				}
			})
			<-begun
			for n := 1; n <= writers; n++ {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				wg.Go(func() {
					err := write(d, ctx, func() error {
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
				awaitWriters(d, n)
				if n == c.gone {
					cancel()
					awaitWriters(d, n-1)
					wg.Go(func() {
						if err := write(d, context.Background(), func() error { return nil }); err != nil {
							t.Errorf("after the one that went: %v", err)
						}
					})
					awaitWriters(d, n)
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
			if commits := stamp(t, d) - before; commits != c.commits {
				t.Errorf("%d commits, want %d", commits, c.commits)
			}
		})
	}
}

// BenchmarkWriters measures what hundreds of sessions that end at once cost.
func BenchmarkWriters(b *testing.B) {
	for _, sessions := range []int{1, 8, 200} {
		b.Run(fmt.Sprint(sessions), func(b *testing.B) {
			d := open(b)
			var wg sync.WaitGroup
			turns := make(chan struct{})
			for range sessions {
				wg.Go(func() {
					for range turns {
						if err := write(d, context.Background(), func() error { return nil }); err != nil {
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

// TestOneOfMany: what one of several writers has written is undone when it fails, and
// nothing of the others; also where SQLite undoes everything with it.
func TestOneOfMany(t *testing.T) {
	failure := errors.New("the second fails")
	for _, c := range []struct {
		name    string
		fails   func(context.Context, Querier) error
		commits uint32
	}{
		{"it says so", func(context.Context, Querier) error { return failure }, 2},
		{"SQLite undoes all", func(ctx context.Context, tx Querier) error {
			return errors.Join(failure, tx.Exec(ctx, "ROLLBACK"))
		}, 3},
		{"and it says nothing", func(ctx context.Context, tx Querier) error { return tx.Exec(ctx, "ROLLBACK") }, 4}, // one is a stamp without its transaction
	} {
		t.Run(c.name, func(t *testing.T) {
			d, ctx := open(t), t.Context()
			if err := d.Update(ctx, func(tx Querier) error { return tx.Exec(ctx, "CREATE TABLE kept (writer INTEGER)") }); err != nil {
				t.Fatal(err)
			}
			before := stamp(t, d)
			begun, release := make(chan struct{}), make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { _ = write(d, ctx, func() error { close(begun); <-release; return nil }) })
			<-begun
			errs := make([]error, 3)
			for n := range errs {
				wg.Go(func() {
					errs[n] = d.Update(ctx, func(tx Querier) error {
						if err := tx.Exec(ctx, "INSERT INTO kept VALUES (?)", n); err != nil || n != 1 {
							return err
						}
						return c.fails(ctx, tx)
					})
				})
				awaitWriters(d, n+1)
			}
			close(release)
			wg.Wait()
			if errs[0] != nil || errs[1] == nil || errs[2] != nil {
				t.Errorf("the writers were told %v", errs)
			}
			var kept string
			if err := d.View().Row(ctx, "SELECT group_concat(writer) FROM kept").Scan(&kept); err != nil || kept != "0,2" {
				t.Errorf("kept is what %s wrote, %v", kept, err)
			}
			if commits := stamp(t, d) - before; commits != c.commits {
				t.Errorf("%d commits, want %d", commits, c.commits)
			}
		})
	}
}
