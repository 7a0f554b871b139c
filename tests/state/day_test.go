package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"
)

// dayScale is how much of a day is played.
type dayScale struct {
	accounts int           // about two devices poll each
	long     time.Duration // for which they poll
	rate     int           // polls in a second, about
	sessions int           // to the end of QUIT at least, however slow the machine is
	moves    int           // accounts that move to the other server
	reloads  int
	kills    int // of a proxy
	freezes  int // of a proxy, for longer than its locks last or shorter
	upgrades int // of a proxy, which ends in good order
	restarts int // of the upstream, after which a part of its mailboxes are rebuilt
	scenes   int // of each kind that is played for itself
}

// scaleOfDay is a short morning, or with POPBRIDGE_TEST_DAY, such as 4m, the whole.
func scaleOfDay(t *testing.T) dayScale {
	t.Helper()
	text := os.Getenv("POPBRIDGE_TEST_DAY")
	if text == "" {
		return dayScale{accounts: 20, long: 12 * time.Second, rate: 12, sessions: 50, moves: 3, reloads: 4, kills: 1, freezes: 1, upgrades: 1, restarts: 1, scenes: 1}
	}
	long, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("POPBRIDGE_TEST_DAY is %q; it is a duration such as 4m", text)
	}
	return dayScale{accounts: 800, long: long, rate: 40, sessions: 2000, moves: 100, reloads: 50, kills: 10, freezes: 8, upgrades: 3, restarts: 2, scenes: 8}
}

// seedOfDay is what decides, or what POPBRIDGE_TEST_SEED says.
func seedOfDay(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("POPBRIDGE_TEST_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("POPBRIDGE_TEST_SEED is %q; it is a number", text)
		}
	}
	return seed
}

// TestDay is a day in the life of an installation: three proxies behind HAProxy, on a
// PostgreSQL with a standby, in front of two Dovecots. Devices poll, retrieve and
// delete, and some are broken, while proxies are killed, frozen, reloaded and replaced,
// PostgreSQL fails over twice, the upstream restarts with rebuilt mailboxes, and
// accounts move. Scenes in some accounts of their own bring the worst of it to where it is
// most dangerous: a QUIT. Then all is compared: no message was lost, or deleted that was not
// marked; none had two unique-ids; no lock, plan, goroutine or descriptor is left.
//
// The seed decides what happens, and the machine when; the checks hold for every outcome.
func TestDay(t *testing.T) {
	t.Parallel()
	scale, seed := scaleOfDay(t), seedOfDay(t)
	t.Logf("POPBRIDGE_TEST_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 16))
	site := newDaySite(t, scale, random)
	pollers, broken := site.devices(scale, random)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var devices sync.WaitGroup
	for _, p := range pollers {
		devices.Go(func() {
			time.Sleep(time.Duration(p.random.Int64N(int64(min(p.pause, scale.long))))) // they do not begin at once
			p.poll(ctx)
		})
	}
	for _, b := range broken {
		devices.Go(func() { b.misbehave(ctx) })
	}
	go site.until(t.Context(), scale, cancel)
	site.events(scale, random).play(ctx)
	devices.Wait()
	site.moving.Wait()
	site.recover()
	for _, p := range site.stage.all {
		p.site = site
		pollers = append(pollers, p)
	}
	for _, p := range pollers {
		devices.Go(func() {
			defer site.end(false)
			if err := p.session(p.check); err != nil {
				t.Errorf("at last %s: %v", named(p.bag.user, p.device), err)
			}
		})
	}
	devices.Wait()
	site.compare()
	site.report(pollers, broken)
}

// until ends the day when its time is over and there was enough in it.
func (s *daySite) until(ctx context.Context, scale dayScale, end func()) {
	defer end()
	begin := time.Now()
	for ctx.Err() == nil && !s.t.Failed() && (time.Since(begin) < scale.long || s.whole.Load() < int64(scale.sessions)) {
		time.Sleep(100 * time.Millisecond)
	}
}
