package service

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

func TestGarbageMayGrow(t *testing.T) {
	for base, want := range map[uint64]int{0: 200, 4 << 20: 200, 8 << 20: 100, 16 << 20: 50, 400 << 20: 50} {
		if got := percent(base); got != want {
			t.Errorf("%d octets: %d percent, want %d", base, got, want)
		}
	}
}

// A lull is over when a process that has allocated much is quiet for some looks, not while
// it is busy, not for little, and not soon again after a collection that took long.
func TestLull(t *testing.T) {
	var l lull
	var h heap
	now := time.Unix(0, 0)
	look := func(allocates uint64) bool {
		now = now.Add(lookEvery)
		h.allocated += allocates
		return l.over(now, h)
	}
	for i, step := range []struct {
		allocates uint64
		want      bool
	}{
		{worthIt - 1, false}, {0, false}, {0, false}, {0, false}, // quiet, and not worth it
		{1, true}, {calm, true}, {calm + 1, false}, {0, false}, {0, false}, {0, true},
	} {
		if got := look(step.allocates); got != step.want {
			t.Errorf("look %d: %t", i, got)
		}
	}
	l.spent(now, lookEvery*4/rarely, h)
	look(worthIt)
	for i, want := range []bool{false, false, false, true} {
		if got := look(0); got != want {
			t.Errorf("look %d after a collection: %t", i, got)
		}
	}
	l.spent(now, 0, h)
	h.live = 100 * worthIt
	look(20 * worthIt)
	for range calmLooks {
		if look(worthIt) {
			t.Error("it is collected for less than a quarter of what is live")
		}
	}
	h.live = 10 * worthIt
	if !look(0) {
		t.Error("it is not collected for more than a quarter of what is live")
	}
}

// What Go is told follows each collection, and is what it was when the service has ended.
func TestHeapIsKept(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	ctx, end := context.WithCancel(t.Context())
	var kept sync.WaitGroup
	kept.Go(func() { keepHeap(ctx) })
	told := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	for _, live := range []int{0, 64 << 20, 0} {
		ballast := make([]byte, live)
		want := func() bool { return (told() == least) == (live > 0) }
		for until := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if runtime.GC(); want() {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("beside %d octets garbage may be %d percent", live, told())
			}
		}
		runtime.KeepAlive(ballast)
	}
	end()
	kept.Wait()
	if now := told(); now != 100 {
		t.Errorf("garbage may be %d percent afterwards", now)
	}
}

func TestOperatorsSayHowMuchGarbage(t *testing.T) {
	before := debug.SetGCPercent(70)
	defer debug.SetGCPercent(before)
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "70")
			keepHeap(t.Context())
		})
	}
}
