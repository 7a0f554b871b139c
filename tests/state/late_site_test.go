package state_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"popbridge/tests/bridge"
)

// lateSite is what the devices poll: one proxy or two, on one ledger.
type lateSite struct {
	t      *testing.T
	start  func() *bridge.Bridge
	random *rand.Rand // the test's own goroutine alone may use it
	posts  chan post
	ended  chan struct{} // by each session
	calm   bool          // time is over

	mu      sync.Mutex
	more    *sync.Cond
	proxies []*bridge.Bridge
	dead    []*bridge.Bridge
}

// post asks for a message, and is done when INBOX has it.
type post struct {
	bag  *mailbag
	done chan struct{}
}

// serve brings mail and kills proxies until all devices have ended.
func (s *lateSite) serve(over <-chan struct{}) (sessions, kills int) {
	for {
		select {
		case p := <-s.posts:
			p.bag.arrive()
			close(p.done)
		case <-s.ended:
			sessions++
			if sessions%killedAfter == 0 {
				s.kill()
				kills++
			}
		case <-over:
			return sessions, kills
		}
	}
}

// post brings a message to a mailbox and returns when it is there.
func (s *lateSite) post(m *mailbag) {
	p := post{m, make(chan struct{})}
	select {
	case s.posts <- p:
		<-p.done
	case <-s.t.Context().Done():
	}
}

// end tells that a session has ended.
func (s *lateSite) end() {
	select {
	case s.ended <- struct{}{}:
	case <-s.t.Context().Done():
	}
}

// any is one of the proxies that are there, and its address. It waits for one.
func (s *lateSite) any(random *rand.Rand) (*bridge.Bridge, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.proxies) == 0 {
		s.more.Wait()
	}
	b := s.proxies[random.IntN(len(s.proxies))]
	return b, b.Address("pop3")
}

func (s *lateSite) killed(b *bridge.Bridge) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.dead, b)
}

func (s *lateSite) add() {
	b := s.start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proxies = append(s.proxies, b)
	s.more.Broadcast()
}

// kill ends a proxy as kill -9 does, wherever its sessions are, and starts
// another in its place.
func (s *lateSite) kill() {
	s.mu.Lock()
	n := s.random.IntN(len(s.proxies))
	b := s.proxies[n]
	s.proxies, s.dead = slices.Delete(s.proxies, n, n+1), append(s.dead, b)
	s.mu.Unlock()
	b.Kill()
	s.faults(b)
	s.add()
}

// judge reads what the proxies have said that are still there.
func (s *lateSite) judge() {
	for _, b := range s.proxies {
		s.faults(b)
	}
}

// faults looks for what must not be said where nothing is wrong.
func (s *lateSite) faults(b *bridge.Bridge) {
	for line := range strings.Lines(b.Output()) {
		if strings.Contains(line, "[ERROR]") || strings.Contains(line, "set back") {
			s.t.Errorf("process %d says: %s", b.PID(), line)
		}
	}
}
