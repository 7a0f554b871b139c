package migration_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/proxy/migration"
)

func crowd(n int) []migration.Account {
	accounts := make([]migration.Account, n)
	for i := range accounts {
		accounts[i].Name = fmt.Sprintf("u%d", i)
	}
	return accounts
}

// TestRunIsParallel has as many workers as it may have wait for each other, so that
// it ends only if all of them run at once, and never one more.
func TestRunIsParallel(t *testing.T) {
	const parallel = 3
	arrived, leave := make(chan struct{}), make(chan struct{})
	go func() {
		for range 4 {
			for range parallel {
				<-arrived
			}
			select {
			case <-arrived:
				t.Error("one worker more than allowed")
			default:
			}
			for range parallel {
				leave <- struct{}{}
			}
		}
	}()
	var names []string
	err := migration.Run(t.Context(), crowd(4*parallel), parallel, func(_ context.Context, a migration.Account) (string, error) {
		arrived <- struct{}{}
		<-leave
		return a.Name, nil
	}, func(d migration.Done[string]) { names = append(names, d.Result) })
	if slices.Sort(names); err != nil || len(slices.Compact(names)) != 4*parallel {
		t.Errorf("done: %v, %v", names, err)
	}
}

func TestRunGoesOnAfterAFailure(t *testing.T) {
	bad := errors.New("the old server is gone")
	done, failed := 0, 0
	err := migration.Run(t.Context(), crowd(9), 2, func(_ context.Context, a migration.Account) (int, error) {
		if a.Name == "u1" || a.Name == "u5" {
			return 0, bad
		}
		return 1, nil
	}, func(d migration.Done[int]) {
		done++
		if errors.Is(d.Err, bad) {
			failed++
		}
	})
	if err != nil || done != 9 || failed != 2 {
		t.Errorf("%d done, %d failed, %v; want 9, 2", done, failed, err)
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun := 0
	err := migration.Run(ctx, crowd(1000), 1, func(context.Context, migration.Account) (int, error) {
		if begun++; begun == 3 {
			cancel()
		}
		return 0, nil
	}, func(migration.Done[int]) {})
	if !errors.Is(err, context.Canceled) || begun > 500 {
		t.Errorf("%d of 1000 accounts were begun after the third had ended the run; %v", begun, err)
	}
}

func TestProgressTellsFailures(t *testing.T) {
	var out strings.Builder
	p := migration.NewProgress(&out, false, "harvest", 3)
	p.Did(migration.Account{Name: "u1"}, nil)
	p.Did(migration.Account{Name: "u2"}, errors.New("no \x1b[31mway"))
	p.End()
	if got, want := out.String(), "harvest: u2: no \uFFFD[31mway\nharvest: 2 of 3 accounts, 1 failed, 0s\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	out.Reset()
	p = migration.NewProgress(&out, true, "harvest", 1)
	p.Did(migration.Account{Name: "u1"}, nil)
	p.End()
	if got := out.String(); !strings.Contains(got, "harvest") || !strings.HasSuffix(got, "harvest: 1 of 1 accounts, 0 failed, 0s\n") {
		t.Errorf("on a terminal: %q", got)
	}
}
