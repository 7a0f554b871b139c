package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// lateLength is how long the devices go on: not long in the suite, or what
// POPBRIDGE_TEST_LATE says, such as 10m.
func lateLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("POPBRIDGE_TEST_LATE")
	if text == "" {
		return 25 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("POPBRIDGE_TEST_LATE is %q; it is a duration such as 10m", text)
	}
	return d
}

// TestLateAnswers has thirty devices poll ten mailboxes, on SQLite with one proxy
// and on PostgreSQL with two, while what the upstream says is up to a second late
// and proxies are killed. What a session hears is then often older than what
// another has written into the ledger since; popbridge must not take that for a
// mailbox that was set back, and everything that a device was shown or has
// deleted stays as it was.
//
// The devices decide by themselves what comes next, and so does the machine: a
// fault that needs two of them at one moment may take ten minutes to show.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	for _, d := range drivers(t) {
		proxies := map[string]int{"sqlite": 1, "postgres": 2}[d.name]
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			answerLate(t, d, proxies)
		})
	}
}

// pause is the most that a device waits between two polls: long enough for others
// to come and go while its connection is parked.
const pause = 2 * time.Second

// killedAfter is how many sessions go by between one kill and the next.
const killedAfter = 100

func answerLate(t *testing.T, d driver, proxies int) {
	random := rand.New(rand.NewPCG(2449, 5))
	site, bags := newLateSite(t, d, proxies, random)
	ctx, cancel := context.WithTimeout(t.Context(), lateLength(t))
	defer cancel()
	var pollers []*poller
	var devices sync.WaitGroup
	for _, m := range bags {
		for n := range 3 {
			p := &poller{t: t, bag: m, device: []string{"", "one", "two"}[n], site: site, pause: pause, random: rand.New(rand.NewPCG(random.Uint64(), 2))}
			pollers = append(pollers, p)
			devices.Go(func() { p.poll(ctx) })
		}
	}
	over := make(chan struct{})
	go func() {
		devices.Wait()
		close(over)
	}()
	sessions, kills := site.serve(over)
	site.over = true
	for _, p := range pollers {
		devices.Go(func() {
			if err := p.session(p.check); err != nil {
				t.Errorf("at last %s: %v", named(p.bag.user, p.device), err)
			}
		})
	}
	devices.Wait()
	site.judge()
	for _, m := range bags {
		m.conserved(t)
	}
	t.Logf("%d sessions, %d kills", sessions, kills)
}

func newLateSite(t *testing.T, d driver, proxies int, random *rand.Rand) (*lateSite, []*mailbag) {
	t.Helper()
	kinds := []string{"hide", "trash", "hide", "expunge", "hide", "archive", "hide", "expunge", "flag", "trash"}
	var users []string
	for i, action := range kinds {
		users = append(users, fmt.Sprintf("%s%d@example.org", action, i))
	}
	mail := dovecot(t, users, "")
	var bags []*mailbag
	drops, routes := "maildrop:\n", "route:\n"
	for i, user := range users {
		drops += fmt.Sprintf("  m%d: {on_delete: %s}\n", i, kinds[i])
		routes += fmt.Sprintf("  - {user: %q, maildrop: m%d}\n", user, i)
		m := newMailbag(user, kinds[i], witness(t, mail, user))
		for range 3 {
			m.appear()
		}
		bags = append(bags, m)
	}
	wire := newLateWire(t, mail.IMAP, slowest, rand.New(rand.NewPCG(random.Uint64(), 3)))
	site := &lateSite{t: t, posts: make(chan post), ended: make(chan struct{}), random: random}
	site.more = sync.NewCond(&site.mu)
	site.start = func() *bridge.Bridge { return d.serve(t, wire.address, separator, drops, routes) }
	for range proxies {
		site.add()
	}
	return site, bags
}
