package imapbox_test

import (
	"fmt"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestParkedIsForItsCredential: who guesses passwords finds no open door, and
// does not shut the owner's.
func TestParkedIsForItsCredential(t *testing.T) {
	s := newSite(t)
	s.poll(translate.Listing{})
	s.refused("guess")
	s.refused(liars.Password + " ")
	s.is("connections parked after a wrong password", upstream.Parked, 1)
	until(t, "only the parked connection", func() bool { return s.server.Connections() == 1 })
	if s.server.Logins() != 1 {
		t.Errorf("%d logins, want 1", s.server.Logins())
	}
	first := s.open()
	s.is("reuses", upstream.Reuses, 1)
	s.is("parked while it is used", upstream.Parked, 0)
	second := s.open() // a connection belongs to one session at a time
	s.is("logins", upstream.Logins, 2)
	s.close(first)
	s.close(second)
	s.is("parked", upstream.Parked, 2)
	s.close(s.openAs("bob"))
	s.is("logins with another account", upstream.Logins, 3)
	s.drop.Mailbox = configs.Mailboxes{"Archive"}
	s.close(s.open())
	s.is("logins for another mailbox", upstream.Logins, 4)
	s.is("reuses in all", upstream.Reuses, 1)
}

// TestPasswordChangedUpstream: the new one works at once; the old one at most
// until the connection is due to log in again.
func TestPasswordChangedUpstream(t *testing.T) {
	s := newSite(t)
	s.mail.Reauth = 300 * time.Millisecond
	s.poll(translate.Listing{})
	s.server.ChangePassword("looking-glass")
	m, err := s.pool.Open(s.ctx, s.request("alice", "looking-glass"))
	if err != nil {
		t.Fatalf("the new password: %v", err)
	}
	s.close(m)
	until(t, "the old password is refused", func() bool {
		m, err := s.pool.Open(s.ctx, s.request("alice", liars.Password))
		if err == nil {
			s.close(m)
			return false
		}
		if code := translate.Refuse(err).Code; code != translate.CodeAuth {
			t.Errorf("the old password is refused with %q: %v", code, err)
		}
		return true
	})
	if s.server.Logins() != 2 {
		t.Errorf("%d logins were accepted, want one with each password", s.server.Logins())
	}
	s.logouts(2, 0)
}

func TestParkedLeavesAfterReuse(t *testing.T) {
	for name, shorten := range map[string]func(*configs.Upstream){
		"reuse":  func(u *configs.Upstream) { u.Reuse = 20 * time.Millisecond },
		"reauth": func(u *configs.Upstream) { u.Reauth = 20 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			shorten(&s.mail)
			s.poll(translate.Listing{})
			s.logouts(1, 0)
			s.is("parked", upstream.Parked, 0)
			s.poll(translate.Listing{})
			s.is("logins", upstream.Logins, 2)
		})
	}
}

// TestLeastRecentlyUsedLeaves: of more accounts than upstream.parked, those that
// polled last keep their connections.
func TestLeastRecentlyUsedLeaves(t *testing.T) {
	s := newSite(t)
	s.mail.Parked = 2
	for _, account := range []string{"alice", "bob", "carol"} {
		s.close(s.openAs(account))
	}
	s.logouts(1, 2)
	for _, account := range []string{"bob", "carol", "bob"} {
		s.close(s.openAs(account))
	}
	s.is("logins", upstream.Logins, 3)
	s.close(s.openAs("alice")) // carol's place, since bob came after her
	s.is("logins", upstream.Logins, 4)
	s.close(s.openAs("bob"))
	s.is("logins", upstream.Logins, 4)
	s.close(s.openAs("carol"))
	s.is("logins", upstream.Logins, 5)
	if most := s.counts.most(upstream.Parked); most > 3 {
		t.Errorf("%d connections were parked at once", most)
	}
}

// TestFewerMayPark: a configuration that lets fewer wait holds for those that
// wait already, as soon as one more comes.
func TestFewerMayPark(t *testing.T) {
	s := newSite(t)
	for _, account := range []string{"alice", "bob", "carol", "dave"} {
		s.close(s.openAs(account))
	}
	s.mail.Parked = 1
	s.close(s.openAs("erin"))
	s.logouts(4, 1)
	s.mail.Parked = 0
	s.close(s.openAs("erin"))
	s.logouts(5, 0)
}

// TestNeverReused: with reuse = "0s" each session has a connection of its own,
// which it keeps while its device is silent.
func TestNeverReused(t *testing.T) {
	s := newSite(t)
	s.mail.Reuse = 0
	m, drop := s.maildrop()
	m.Rest()
	s.retr(m, drop, 1)
	s.is("logins", upstream.Logins, 1)
	s.close(m)
	s.logouts(1, 0)
	s.poll(translate.Listing{})
	s.is("logins", upstream.Logins, 2)
	s.is("reuses", upstream.Reuses, 0)
}

// TestReloadEndsParked: only where it changes the upstream, and then for
// connections too that are in use while it happens.
func TestReloadEndsParked(t *testing.T) {
	s := newSite(t)
	before := s.mail
	s.poll(translate.Listing{})
	s.mail.Reuse = time.Minute
	s.configure(0)
	s.is("parked after a reload that leaves the upstream alone", upstream.Parked, 1)
	using := s.open()
	bob := s.openAs("bob")
	s.close(bob)
	moved := liars.New(t, liars.Options{})
	s.mail.Address = moved.Address()
	s.configure(0)
	s.logouts(1, 1)
	s.mail = before
	s.list(using, translate.Listing{}) // a session keeps what it began with
	s.close(using)
	s.logouts(2, 0)
	s.is("parked", upstream.Parked, 0)
	s.mail.Address = moved.Address()
	s.poll(translate.Listing{})
	if moved.Logins() != 1 {
		t.Errorf("%d logins at the new address, want 1", moved.Logins())
	}
}

func TestCloseSaysFarewell(t *testing.T) {
	s := newSite(t)
	for _, account := range []string{"alice", "bob"} {
		s.close(s.openAs(account))
	}
	late := s.openAs("carol")
	s.pool.Close()
	s.logouts(2, 1)
	s.close(late)
	until(t, "no connection is left", func() bool { return s.server.Connections() == 0 })
	s.is("connections", upstream.Connections, 0)
}

// TestNewcomersHoldFew: whoever comes for the first time has a share of the places, the
// latest of them first, and what waits for those who have come before is not theirs. Who
// comes again has a place like any other.
func TestNewcomersHoldFew(t *testing.T) {
	s := newSite(t)
	s.mail.Parked = 8 * 70
	name := func(kind string, i int) string { return fmt.Sprintf("%s%d", kind, i) }
	for i := range 30 {
		s.close(s.openAs(name("known", i)))
		s.close(s.openAs(name("known", i)))
	}
	s.is("reuses", upstream.Reuses, 30)
	for i := range 75 {
		s.close(s.openAs(name("new", i)))
	}
	s.logouts(5, 100)
	s.is("logins", upstream.Logins, 105)
	for i := range 30 {
		s.close(s.openAs(name("known", i)))
	}
	for i := range 75 { // the first five have been let go, and log in again; nobody has to from then on
		s.close(s.openAs(name("new", i)))
	}
	s.is("logins", upstream.Logins, 110)
	for i := range 75 {
		s.close(s.openAs(name("new", i)))
	}
	s.is("logins", upstream.Logins, 110)
	s.is("parked", upstream.Parked, 105)
}
