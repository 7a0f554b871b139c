package service

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much memory the process may take for garbage, and when it gives it back. Go lets
// garbage grow to what is live: a small proxy that is busy collects its few megabytes many
// times a second, and one with many silent sessions holds as much garbage as they need.
const (
	// headroom is how many octets may be allocated between two collections, or least
	// percent of what is live, where that is more: what lies between objects that live
	// is not given back.
	headroom, least = 8 << 20, 50
	// lookEvery is how often it is looked whether the process has become quiet, and
	// calmLooks for how many looks it has to be: longer than sessions take to let go of
	// what they hold (session.idleAfter).
	lookEvery, calmLooks = 2 * time.Second, 3
	// calm is how many octets a quiet process may allocate between two looks, or a
	// sixteenth of what is live: sessions that let go allocate too.
	calm = 4 << 20
	// worthIt is from how many octets on it is worth collecting, or a quarter of what is
	// live.
	worthIt = 32 << 20
	// rarely bounds the time spent: a collection is followed by so many times as long
	// without another one on account of quiet.
	rarely = 1000
)

// keepHeap holds the garbage collector to these rules until ctx ends, and gives back what
// the start has needed. Where operators have set GOGC or GOMEMLIMIT, Go's rules hold.
func keepHeap(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.FreeOSMemory()
	before := debug.SetGCPercent(percent(readHeap().base))
	defer debug.SetGCPercent(before)
	collected := make(chan struct{}, 1)
	behindCollection(ctx, collected)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	l := lull{collected: readHeap().allocated}
	for {
		select {
		case <-ctx.Done():
			return
		case <-collected:
			debug.SetGCPercent(percent(readHeap().base))
		case now := <-ticker.C:
			if h := readHeap(); l.over(now, h) {
				debug.FreeOSMemory()
				l.spent(now, time.Since(now), readHeap())
			}
		}
	}
}

// behindCollection says so when a collection has ended, again and again until ctx ends.
func behindCollection(ctx context.Context, collected chan<- struct{}) {
	// What nothing points to is cleaned up by the next collection.
	runtime.AddCleanup(new([32]byte), func(struct{}) {
		select {
		case collected <- struct{}{}:
		default:
		}
		if ctx.Err() == nil {
			behindCollection(ctx, collected)
		}
	}, struct{}{})
}

// heap is what Go tells, in octets.
type heap struct {
	live      uint64 // found by the last collection
	base      uint64 // what Go's percentage is of: live, stacks and variables
	allocated uint64 // since the process began
}

func readHeap() heap {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	live := s[0].Value.Uint64()
	return heap{live: live, base: live + s[1].Value.Uint64() + s[2].Value.Uint64(), allocated: s[3].Value.Uint64()}
}

// percent is the garbage that Go may let grow, by what it is of. It holds until the next
// collection has been heard of, which may find much more: so it is bounded for the smallest.
func percent(base uint64) int {
	return int(max(least, headroom*100/max(base, 4<<20)))
}

// lull knows when a process that was busy has become quiet.
type lull struct {
	seen      uint64    // allocated at the last look
	collected uint64    // allocated when there was last a collection because of a lull
	looks     int       // how many looks it has been quiet for
	next      time.Time // not before
}

// over takes a look, and reports whether it is time to collect.
func (l *lull) over(now time.Time, h heap) bool {
	fresh := h.allocated - l.seen
	l.seen = h.allocated
	if l.looks++; fresh > max(calm, h.live/16) {
		l.looks = 0
	}
	return l.looks >= calmLooks && h.allocated-l.collected >= max(worthIt, h.live/4) && !now.Before(l.next)
}

// spent says that a collection began, how long it took, and what Go tells since.
func (l *lull) spent(began time.Time, took time.Duration, h heap) {
	l.collected, l.next = h.allocated, began.Add(took*(1+rarely))
}
