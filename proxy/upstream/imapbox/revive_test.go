package imapbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestParkedHasDied: a connection that ended while it was parked costs its device
// a login upstream, and nothing that it could see.
func TestParkedHasDied(t *testing.T) {
	deaths := map[string]func(*liars.Server){
		"swallows everything": (*liars.Server).Freeze,
		"closed":              (*liars.Server).Hangup,
		"BYE":                 func(l *liars.Server) { l.Tell("* BYE [UNAVAILABLE] " + liars.Words + "\r\n"); l.Hangup() },
		"BYE and still open":  func(l *liars.Server) { l.Tell("* BYE " + liars.Words + "\r\n") },
		"babbles":             func(l *liars.Server) { l.Tell("* 5 FETCH (((\r\n") },
		"BYE to NOOP":         func(l *liars.Server) { l.Lie(liars.Once("NOOP", liars.Bye())) },
		"NO to NOOP":          func(l *liars.Server) { l.Lie(liars.Once("NOOP", liars.No(""))) },
		"BAD to NOOP":         func(l *liars.Server) { l.Lie(liars.Once("NOOP", liars.Bad())) },
		"cut within NOOP":     func(l *liars.Server) { l.Lie(liars.Once("NOOP", liars.CutAt(3))) },
	}
	for name, death := range deaths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.mail.Timeout = time.Second
			known := s.poll(translate.Listing{})
			death(s.server)
			m, drop := s.maildrop()
			s.retr(m, drop, 1)
			s.close(m)
			s.is("logins", upstream.Logins, 2)
			s.is("reuses", upstream.Reuses, 0)
			s.is("parked", upstream.Parked, 1)
			if l := s.poll(known); !slices.Equal(uids(l), uids(known)) {
				t.Errorf("the listing is %v, want %v", uids(l), uids(known))
			}
			s.is("reuses", upstream.Reuses, 1)
			s.is("connections", upstream.Connections, 1)
		})
	}
}

// TestSilentDeviceComesBack: what was let go is taken again, whatever became of
// it meanwhile, and the message is the right one.
func TestSilentDeviceComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*site) // while the device is silent
		logins    int64
	}{
		"nothing happened":       {func(*site) {}, 1},
		"another session has it": {func(s *site) { s.open() }, 2},
		"another had it":         {func(s *site) { s.poll(translate.Listing{}) }, 1},
		"closed":                 {func(s *site) { s.server.Hangup() }, 2},
		"swallows everything":    {func(s *site) { s.server.Freeze() }, 2},
		"every parked one swallows everything": {func(s *site) {
			other, third := s.open(), s.open()
			s.close(other)
			s.close(third)
			s.server.Freeze()
		}, 3},
		"BYE": {func(s *site) { s.server.Tell("* BYE " + liars.Words + "\r\n"); s.server.Hangup() }, 2},
		"new mail, and some gone": {func(s *site) {
			s.server.Mail(func(m *liars.Mail) {
				m.Inbox().Add("Subject: new\r\n\r\nnew\r\n")
				m.Inbox().Remove(func(msg *liars.Message) bool { return msg.UID == 12 })
			})
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.mail.Timeout = time.Second
			m, drop := s.maildrop()
			m.Rest()
			s.is("parked", upstream.Parked, 1)
			c.meanwhile(s)
			s.retr(m, drop, 3, 1)
			s.is("logins", upstream.Logins, c.logins)
			m.Rest()
			m.Rest()
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRebuiltWhileSilent: under another UIDVALIDITY the session's UIDs mean
// nothing, so it gets no message; a new session sees the new mailbox.
func TestRebuiltWhileSilent(t *testing.T) {
	s := newSite(t)
	m, drop := s.maildrop()
	m.Rest()
	s.server.Hangup()
	s.server.Mail(func(mail *liars.Mail) {
		mail.Inbox().UIDValidity = 8
		for _, msg := range mail.Inbox().Messages {
			msg.Text = "Subject: foreign\r\n\r\nforeign\r\n"
		}
	})
	for range 2 {
		got, err := s.fetch(m, drop, 1)
		if got != "" {
			t.Errorf("the device got %q", got)
		}
		temporary(t, err)
	}
	if _, err := m.Apply(s.ctx, []translate.Op{{Kind: translate.OpExpunge, UIDs: set(11)}}); err == nil {
		t.Error("messages were expunged under another UIDVALIDITY")
	}
	s.close(m)
	if l := s.poll(translate.Listing{}); l.UIDValidity != 8 {
		t.Errorf("a new session sees UIDVALIDITY %d, want 8", l.UIDValidity)
	}
}

// TestMailboxGoneWhileParked: deleted or renamed it is refused, rebuilt it is
// listed again. How servers tell the connections that have it selected differs.
func TestMailboxGoneWhileParked(t *testing.T) {
	tells := map[string]liars.Lie{
		"Dovecot's BYE":    func(x *liars.Exchange) { x.Send("* BYE Mailbox was deleted under us\r\n"); x.Close() },
		"an alarm, and OK": liars.Before("* NO Mailbox was deleted under us\r\n"),
		"NO":               liars.No("[NONEXISTENT]"),
		"closed":           liars.Die(),
	}
	for name, tell := range tells {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.drop.Mailbox = []string{"Archive"}
			known := s.poll(translate.Listing{})
			archive := func(change func(*liars.Mailbox)) {
				s.server.Mail(func(m *liars.Mail) {
					for _, b := range m.Boxes {
						if strings.HasPrefix(b.Name, "Archive") {
							change(b)
						}
					}
				})
			}
			archive(func(b *liars.Mailbox) { b.Name = "Archive of last year" })
			s.server.Lie(liars.Once("NOOP", tell))
			m := s.open()
			if l, err := m.List(s.ctx, known); err == nil {
				t.Errorf("a mailbox that was renamed is listed: %v", uids(l))
			} else if code := translate.Refuse(err).Code; code != translate.CodeSysPerm {
				t.Errorf("the code is %q, want %q: %v", code, translate.CodeSysPerm, err)
			}
			s.close(m)
			archive(func(b *liars.Mailbox) { b.Name, b.UIDValidity = "Archive", b.UIDValidity+1 })
			l := s.poll(known)
			if l.UIDValidity != known.UIDValidity+1 {
				t.Errorf("the mailbox is listed under UIDVALIDITY %d, want %d", l.UIDValidity, known.UIDValidity+1)
			}
			archive(func(b *liars.Mailbox) { b.UIDValidity++; b.Messages = nil; b.UIDNext = 1 })
			s.server.Lie(liars.Once("NOOP", tell))
			if l := s.poll(l); l.UIDValidity != known.UIDValidity+2 || len(l.Entries) != 0 {
				t.Errorf("the mailbox was rebuilt empty, and is listed as %+v", l)
			}
		})
	}
}

// TestRefusedForWhatTheMailboxLacks: a parked connection remembers what SELECT
// said, and a mailbox that was read-only then is asked again.
func TestRefusedForWhatTheMailboxLacks(t *testing.T) {
	s := newSite(t)
	s.server.Lie(liars.Always("SELECT", liars.Swap("READ-WRITE", "READ-ONLY")))
	known := s.poll(translate.Listing{})
	for _, want := range []bool{true, false} {
		m := s.open()
		s.list(m, known)
		if got := m.Server().ReadOnly; got != want {
			t.Errorf("read-only: %v, want %v", got, want)
		}
		s.close(m)
		s.server.Lie()
	}
	s.is("logins", upstream.Logins, 1)
}

// TestHalfOpen: when one of an account's parked connections has fallen silent, the
// others are not tried one after another, each for as long.
func TestHalfOpen(t *testing.T) {
	s := newSite(t)
	s.mail.Timeout = 200 * time.Millisecond
	boxes := []*imapbox.Mailbox{s.open(), s.open(), s.open()}
	other := s.openAs("bob")
	for _, m := range append(boxes, other) {
		s.close(m)
	}
	s.server.Freeze()
	before := s.said()
	m, drop := s.maildrop()
	s.retr(m, drop, 1)
	s.close(m)
	tried := 0
	for _, c := range s.since(before) {
		if c == "NOOP" {
			tried++
		}
	}
	if tried != 1 {
		t.Errorf("%d dead connections were tried, want 1", tried)
	}
	s.is("parked: the new one, and bob's, of which nothing is known", upstream.Parked, 2)
}

// TestSilentSessionsHoldFew connections: they have a share of the places, and what
// waits for polls keeps the others.
func TestSilentSessionsHoldFew(t *testing.T) {
	s := newSite(t)
	s.mail.Parked = 8
	for i := range 5 {
		s.close(s.openAs(fmt.Sprintf("polls%d", i)))
	}
	var silent []*imapbox.Mailbox
	for i := range 6 {
		m := s.openAs(fmt.Sprintf("silent%d", i))
		m.Rest()
		silent = append(silent, m)
	}
	s.is("parked: five of polls, two of silent sessions", upstream.Parked, 7)
	for i := range 5 {
		s.close(s.openAs(fmt.Sprintf("polls%d", i)))
	}
	s.is("reuses: each poll's own", upstream.Reuses, 5)
	for _, m := range slices.Backward(silent) {
		s.list(m, translate.Listing{})
		s.close(m)
	}
	s.is("reuses: those of the two that were silent last", upstream.Reuses, 7)
	s.is("parked", upstream.Parked, 8)
}
