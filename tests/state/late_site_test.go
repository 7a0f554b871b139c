package state_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// lateSite is what the devices poll: one proxy or two, on one ledger.
type lateSite struct {
	t      *testing.T
	start  func() *bridge.Bridge
	random *rand.Rand // the test's own goroutine alone may use it
	posts  chan post
	ended  chan struct{} // by each session
	over   bool          // time is

	mu      sync.Mutex
	more    *sync.Cond
	proxies []*bridge.Bridge
	dead    []string // as name has them
}

// name is how devices speak of a proxy.
func name(b *bridge.Bridge) string { return fmt.Sprint("process ", b.PID()) }

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
			p.bag.appear()
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

func (s *lateSite) post(m *mailbag) {
	p := post{m, make(chan struct{})}
	select {
	case s.posts <- p:
		<-p.done
	case <-s.t.Context().Done():
	}
}

func (s *lateSite) end(bool) {
	select {
	case s.ended <- struct{}{}:
	case <-s.t.Context().Done():
	}
}

// any is one of the proxies that are there. It waits for one.
func (s *lateSite) any(random *rand.Rand) *bridge.Bridge {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.proxies) == 0 {
		s.more.Wait()
	}
	return s.proxies[random.IntN(len(s.proxies))]
}

func (s *lateSite) connect(p *poller) (net.Conn, string, error) {
	b := s.any(p.random)
	nc, err := net.Dial("tcp", b.Address("pop3"))
	return nc, name(b), err
}

func (s *lateSite) killed(at string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.dead, at)
}

func (s *lateSite) refuses() bool        { return false }
func (s *lateSite) calm() bool           { return s.over }
func (s *lateSite) waits() time.Duration { return time.Minute }

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
	s.proxies, s.dead = slices.Delete(s.proxies, n, n+1), append(s.dead, name(b))
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
