package imapbox_test

import (
	"slices"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestKnownIsNotAsItWasSeen: what a parked connection has seen is believed only
// where it is what is known. Whichever of the two is older, the mailbox is asked.
func TestKnownIsNotAsItWasSeen(t *testing.T) {
	for name, edit := range map[string]func(*translate.Listing){
		"known has a higher UIDNEXT": func(l *translate.Listing) { l.UIDNext++ },
		"known has a message less":   func(l *translate.Listing) { l.Entries = l.Entries[1:] },
		"known has another flag":     func(l *translate.Listing) { l.Entries[0].Flags = translate.FlagDeleted },
		"known has UIDVALIDITY anew": func(l *translate.Listing) { l.UIDValidity++ },
		"nothing is known":           func(l *translate.Listing) { *l = translate.Listing{} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			first := s.poll(translate.Listing{})
			known := first
			known.Entries = slices.Clone(first.Entries)
			edit(&known)
			known.Revision = 5
			n := s.said()
			now := s.poll(known)
			if got := s.since(n); !slices.ContainsFunc(got, func(c string) bool { return strings.HasPrefix(c, "SELECT") }) {
				t.Errorf("the poll took %q and no SELECT", got)
			}
			if !first.Shows(now) {
				t.Errorf("listed %+v, and at first %+v", now, first)
			}
			if now.Revision != 5 {
				t.Errorf("it is of revision %d, and 5 was known when it was asked for", now.Revision)
			}
		})
	}
}

// TestParkedConnectionThatKnowsLess: the connection of a silent session is parked,
// and so is one that was selected before new mail came; the session gets the
// latter, and knows more than it.
func TestParkedConnectionThatKnowsLess(t *testing.T) {
	s := newSite(t)
	before := s.open()
	s.list(before, translate.Listing{})
	s.server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: new\r\n\r\nx\r\n") })
	m, drop := s.maildrop()
	m.Rest()
	s.close(before) // parked on top of the session's own
	s.retr(m, drop, drop.Len())
	ops := []translate.Op{{Kind: translate.OpStore, UIDs: set(21), Flag: goimap.FlagDeleted}, {Kind: translate.OpExpunge, UIDs: set(21)}}
	if _, err := m.Apply(s.ctx, ops); err != nil {
		t.Error(err)
	}
	s.close(m)
}

// TestReplicaThatLagsWithinASession: the connection is lost, and the next leads to
// a replica that does not know of the newest message yet. The one after it does.
func TestReplicaThatLagsWithinASession(t *testing.T) {
	s := newSite(t)
	m, drop := s.maildrop()
	s.server.Lie(liars.Once("BODY.PEEK", liars.Die()), liars.Once("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 20")))
	s.retr(m, drop, 1)
	s.close(m)
}

// TestReplicaThatGoesOnLagging is no reason to act on what it shows.
func TestReplicaThatGoesOnLagging(t *testing.T) {
	s := newSite(t)
	m, _ := s.maildrop()
	m.Rest()
	s.server.Lie(liars.Always("NOOP", liars.Die()), liars.Always("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 20")))
	if _, err := m.Apply(s.ctx, []translate.Op{{Kind: translate.OpExpunge, UIDs: set(20)}}); err == nil || !strings.Contains(err.Error(), "within the session") {
		t.Errorf("an op on a mailbox that is behind: %v", err)
	}
	s.close(m)
}

// TestDoubt: the next listing is asked for on another connection, whatever the
// last one has shown.
func TestDoubt(t *testing.T) {
	s := newSite(t)
	s.server.Lie(liars.Once("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 30")))
	m := s.open()
	first := s.list(m, translate.Listing{})
	m.Doubt()
	n := s.said()
	if now := s.list(m, first); now.UIDNext != 21 {
		t.Errorf("UIDNEXT %d, want 21", now.UIDNext)
	}
	if got := s.since(n); !slices.ContainsFunc(got, func(c string) bool { return strings.HasPrefix(c, "LOGIN") || strings.HasPrefix(c, "AUTHENTICATE") }) {
		t.Errorf("it took %q, and no other connection", got)
	}
	s.close(m)
}
