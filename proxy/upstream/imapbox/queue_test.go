package imapbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// waiting opens a mailbox in another goroutine and returns when it waits for a
// place; the channel gives the mailbox when it has one.
func (s *site) waiting(account string) <-chan *imapbox.Mailbox {
	s.t.Helper()
	before := s.pool.Waiting(s.mail.Name)
	opened := make(chan *imapbox.Mailbox, 1)
	go func() {
		m, err := s.pool.Open(s.ctx, s.request(account, liars.Password))
		if err != nil {
			s.t.Errorf("%s: %v", account, err)
		}
		opened <- m
	}()
	until(s.t, account+" waits", func() bool { return s.pool.Waiting(s.mail.Name) == before+1 })
	return opened
}

// TestQueueForConnections: where max_connections are in use, a login waits for a
// session that ends, or that lets go because its device is silent.
func TestQueueForConnections(t *testing.T) {
	s := newSite(t)
	s.mail.MaxConnections = 2
	alice, bob := s.openAs("alice"), s.openAs("bob")
	carol, dave := s.waiting("carol"), s.waiting("dave")
	s.close(alice)
	first := <-carolOrDave(carol, dave)
	s.is("parked while somebody waits", upstream.Parked, 0)
	bob.Rest()
	second := <-carolOrDave(carol, dave)
	s.is("nobody waits any more, so what is parked", upstream.Parked, 0)
	s.close(first)
	s.close(second)
	s.is("parked", upstream.Parked, 2)
	s.list(bob, translate.Listing{}) // takes a place from one that is only parked
	s.is("parked", upstream.Parked, 1)
	s.close(bob)
	s.is("parked", upstream.Parked, 2)
	if most := s.counts.most(upstream.Connections); most > 2 {
		t.Errorf("%d connections at once, max_connections is 2", most)
	}
}

func carolOrDave(carol, dave <-chan *imapbox.Mailbox) <-chan *imapbox.Mailbox {
	next := make(chan *imapbox.Mailbox, 1)
	select {
	case m := <-carol:
		next <- m
	case m := <-dave:
		next <- m
	}
	return next
}

// TestQueueEnds with the login's patience, not with the session's that it waits for.
func TestQueueEnds(t *testing.T) {
	s := newSite(t)
	s.mail.MaxConnections = 1
	alice := s.open()
	ctx, giveUp := context.WithCancel(s.ctx)
	failed := make(chan error, 1)
	go func() {
		_, err := s.pool.Open(ctx, s.request("bob", liars.Password))
		failed <- err
	}()
	until(t, "bob waits", func() bool { return s.pool.Waiting(s.mail.Name) == 1 })
	giveUp()
	temporary(t, <-failed)
	s.list(alice, translate.Listing{})
	s.close(alice)
	s.is("parked: bob does not wait any more", upstream.Parked, 1)
	s.close(s.openAs("bob"))
	s.logouts(1, 1)
}

// TestFailedLoginsGiveTheirPlaceBack, whatever they fail by.
func TestFailedLoginsGiveTheirPlaceBack(t *testing.T) {
	s := newSite(t)
	s.mail.MaxConnections = 1
	for range 3 {
		s.refused("guess")
	}
	for _, on := range []string{liars.Greeting, "AUTHENTICATE"} {
		s.server.Lie(liars.Always(on, liars.Die()))
		_, err := s.pool.Open(s.ctx, s.request("alice", liars.Password))
		temporary(t, err)
	}
	s.server.Lie()
	s.poll(translate.Listing{})
	s.is("connections", upstream.Connections, 1)
}

// TestManyShareFewConnections: more accounts than connections, all at once.
func TestManyShareFewConnections(t *testing.T) {
	s := newSite(t)
	s.mail.MaxConnections, s.mail.Parked = 3, 2
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			for range 3 {
				m, err := s.pool.Open(s.ctx, s.request(fmt.Sprintf("user%d", i), liars.Password))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := m.List(s.ctx, translate.Listing{}); err != nil {
					t.Error(err)
				}
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most := s.counts.most(upstream.Connections); most > 3 {
		t.Errorf("%d connections at once, max_connections is 3", most)
	}
	if waiting := s.pool.Waiting(s.mail.Name); waiting != 0 {
		t.Errorf("%d logins still wait", waiting)
	}
}

// TestGuessTurnsNobodyOut: where every place is taken, a password that was never
// accepted does not end what an account has parked, as long as that is served.
func TestGuessTurnsNobodyOut(t *testing.T) {
	s := newSite(t)
	s.mail.MaxConnections = 2
	s.close(s.openAs("alice"))
	bob := s.openAs("bob")
	for account, parked := range map[string]int64{"alice": 1, "bob": 1} {
		ctx, giveUp := context.WithCancel(s.ctx)
		failed := make(chan error, 1)
		go func() {
			_, err := s.pool.Open(ctx, s.request(account, "guess"))
			failed <- err
		}()
		until(t, "the guess waits", func() bool { return s.pool.Waiting(s.mail.Name) == 1 })
		s.is("parked while a guess at "+account+" waits", upstream.Parked, parked)
		giveUp()
		temporary(t, <-failed)
	}
	s.close(s.openAs("alice"))
	s.is("alice has lost nothing: reuses", upstream.Reuses, 1)
	s.close(s.openAs("carol")) // nothing speaks against her, and what is only parked makes way
	s.close(bob)
	s.is("logins", upstream.Logins, 3)
}
