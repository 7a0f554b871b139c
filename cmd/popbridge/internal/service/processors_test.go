package service

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// There are more processors once those there are have been used up, or what is ready waits
// long for one, for some looks; fewer once they are enough, and that number has been kept for
// a while.
func TestProcessors(t *testing.T) {
	p := processors{now: 1, most: 8, kept: atFirst}
	var at time.Time
	look := func(use float64, late time.Duration) int {
		at = at.Add(shortLook)
		n := p.next(look{at: at, use: use, late: late})
		if n != p.now {
			p.note(n, at)
		}
		return p.now
	}
	until := func(what string, use float64, late time.Duration, want int) (looks int) {
		t.Helper()
		for looks = 1; look(use, late) != want; looks++ {
			if looks > 10*int(atLast/shortLook) {
				t.Fatalf("%s: there are still %d", what, p.now)
			}
		}
		return looks
	}
	steady := func(what string, use float64, late time.Duration) {
		t.Helper()
		before := p.now
		for range 10 * int(atLast/shortLook) {
			if look(use, late) != before {
				t.Fatalf("%s: %d became %d", what, before, p.now)
			}
		}
	}
	steady("little work", 0.7, time.Millisecond)
	if look(1, 0); p.now != 1 {
		t.Error("one gust brings more")
	}
	if look(0.7, 20*time.Millisecond); p.now != 1 {
		t.Error("one wait brings more")
	}
	steady("a gust is forgotten", 0.7, 0)
	if n := until("all in use", 1, 0, 2); n > 10 {
		t.Errorf("it takes %d looks to have more", n)
	}
	if n := until("still all", 2, 0, 4); n > 20 {
		t.Errorf("it takes %d looks to have more", n)
	}
	steady("three of four", 3, 0)
	until("more than there are", 9, 0, 8)
	steady("no more than the system has", 9, 20*time.Millisecond)
	if n := until("two and a half", 2.5, 0, 4); time.Duration(n)*shortLook > 2*time.Second {
		t.Errorf("it takes %d looks to have fewer", n)
	}
	until("hardly any work", 0.1, 0, 1)
	steady("hardly any work", 0.1, 0)
	until("sessions wait", 0.6, 10*time.Millisecond, 2)
	until("they still do", 0.6, 5*time.Millisecond, 4)
	steady("more would not be used", 0.6, 5*time.Millisecond)
	until("they do not", 0.6, 0, 1)
}

// Work that comes in waves is not met by a change for each of them.
func TestProcessorsInWaves(t *testing.T) {
	p := processors{now: 1, most: 2, kept: atFirst}
	var at time.Time
	changes := 0
	for range 20 * time.Minute / shortLook {
		use := 1.0 // with one there is too little, with two hardly more is used
		if p.now == 2 {
			use = 1.2
		}
		if at = at.Add(shortLook); at.Second()%3 == 0 {
			use = 0.5
		}
		if n := p.next(look{at: at, use: use}); n != p.now {
			p.note(n, at)
			changes++
		}
	}
	if changes < 4 || changes > 80 {
		t.Errorf("%d changes in 20 minutes of waves", changes)
	}
}

// The process has one processor while it does little, all while it computes, and what it was
// given when the service has ended.
func TestProcessorsAreKept(t *testing.T) {
	if _, err := cpuTime(); err != nil {
		t.Fatal(err)
	}
	before := runtime.GOMAXPROCS(0)
	var done atomic.Bool
	var kept, busy sync.WaitGroup
	ctx, end := context.WithCancel(t.Context())
	kept.Go(func() { keepProcessors(ctx) })
	await := func(what string, want int) {
		t.Helper()
		for until := time.Now().Add(time.Minute); runtime.GOMAXPROCS(0) != want; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("%s: %d processors, want %d", what, runtime.GOMAXPROCS(0), want)
			}
		}
	}
	await("little to do", 1)
	for range before {
		busy.Go(func() {
			for !done.Load() {
			}
		})
	}
	await("much to do", before)
	done.Store(true)
	busy.Wait()
	await("little to do again", 1)
	end()
	kept.Wait()
	await("at the end", before)
}

// What operators have said holds.
func TestProcessorsOfOperators(t *testing.T) {
	t.Setenv("GOMAXPROCS", "3")
	left := make(chan struct{})
	go func() {
		defer close(left)
		keepProcessors(t.Context())
	}()
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("their number is being changed")
	}
}
