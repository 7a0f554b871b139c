package liars_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestRestoredMailboxKeepsNewMail: a server that broke at QUIT is restored from a
// backup, with the UIDVALIDITY that it had, and gives the UID of the message that
// was to go to a new one. What the device once marked may not be taken for mail
// that nobody has seen: UIDNEXT tells that the mailbox was rolled back.
func TestRestoredMailboxKeepsNewMail(t *testing.T) {
	t.Parallel()
	fresh := "Message-ID: <fresh@x>\r\nSubject: brand new, and longer than what had its UID\r\n\r\nread me\r\n"
	for _, action := range []string{"expunge", "trash"} {
		t.Run(action, func(t *testing.T) {
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			server.Mail(func(m *liars.Mail) {
				m.Inbox().Add(alarm)
				m.Inbox().Add("Subject: last\r\n\r\nx\r\n")
			})
			s := alone(t, server, "on_delete: "+action, "")
			d := s.loginAs(t, "alice@x.test")
			d.OK("DELE 5")
			server.Lie(liars.Always("UID STORE", liars.Die()), liars.Always("UID MOVE", liars.Die()))
			broken(t, d)
			server.Lie()
			server.Mail(func(m *liars.Mail) {
				b := m.Inbox()
				b.Messages, b.UIDNext = b.Messages[:2], 21 // the alarm's
				b.Add(fresh)
			})
			s.loginAs(t, "alice@x.test").Quit()
			server.Mail(func(m *liars.Mail) {
				if m.Inbox().Count(fresh) != 1 {
					t.Errorf("new mail has left the INBOX; in Trash: %d", m.Box("Trash").Count(fresh))
				}
			})
		})
	}
}

// TestEmptyUnderNewIdentityIsRefused: an empty mailbox with another UIDVALIDITY
// is a disk that is not mounted. No device may be told that all its mail is gone,
// and when the mailbox is back nothing that was hidden may be shown again.
func TestEmptyUnderNewIdentityIsRefused(t *testing.T) {
	t.Parallel()
	for _, drop := range []string{"on_delete: hide", "on_delete: trash, first_login: new"} {
		t.Run(drop, func(t *testing.T) {
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			s := alone(t, server, drop, "")
			d := s.loginAs(t, "alice@x.test")
			if drop == "on_delete: hide" {
				d.OK("DELE 1")
				d.OK("DELE 2")
			}
			d.Quit()
			server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: new\r\n\r\nx\r\n") })
			before := s.ids(t, "alice@x.test")
			var old liars.Mailbox
			server.Mail(func(m *liars.Mail) {
				b := m.Inbox()
				old = *b
				b.Messages, b.UIDValidity, b.UIDNext = nil, 99, 1
			})
			d = s.dial(t)
			if answer := d.pass("alice@x.test"); !strings.HasPrefix(answer, "-ERR [SYS/TEMP]") {
				t.Errorf("while the mailbox is away PASS is answered %q", answer)
			}
			d.Quit()
			server.Mail(func(m *liars.Mail) { *m.Inbox() = old })
			if after := s.ids(t, "alice@x.test"); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
}

// TestEmptyForLongIsServed: a mailbox that stays empty under a new UIDVALIDITY is one
// that the provider has made anew. It is served when identity_hold is over.
func TestEmptyForLongIsServed(t *testing.T) {
	for _, hold := range []string{"0s", "1s"} {
		t.Run(hold, func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			s := alone(t, server, "identity_hold: "+hold, "")
			s.loginAs(t, "alice@x.test").Quit()
			server.Mail(func(m *liars.Mail) {
				b := m.Inbox()
				b.Messages, b.UIDValidity, b.UIDNext = nil, 99, 1
			})
			for {
				d := s.dial(t)
				answer := d.pass("alice@x.test")
				if strings.HasPrefix(answer, "+OK") {
					if got := d.Lines("LIST"); len(got) != 0 {
						t.Errorf("it lists %q", got)
					}
					d.Quit()
					break
				}
				d.Quit()
				if !strings.HasPrefix(answer, "-ERR [SYS/TEMP]") {
					t.Fatalf("PASS is answered %q", answer)
				}
			}
			s.AwaitLine("[WARN]", "empty for as long as identity_hold says")
			if refused := strings.Contains(s.Output(), "[ERROR]"); refused != (hold != "0s") {
				t.Errorf("logins were refused before: %v", refused)
			}
			server.Mail(func(m *liars.Mail) { m.Inbox().Add(alarm) })
			if got := s.ids(t, "alice@x.test"); strings.Count(got, "00000063") != 1 {
				t.Errorf("the first mail of the new mailbox is listed as %s", got)
			}
		})
	}
}

// TestMadeAnew: a mailbox was deleted and made anew, and holds other mail. Few or
// many, keys known or not: what is plainly other mail is served, and what nobody can
// tell is refused from twenty on.
func TestMadeAnew(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after int
		faceless      bool // nothing in the header tells the new messages
		kept          int  // how many of the known ones are there too
		frozen        bool
		says          string
	}{
		{"four known, three others", 4, 3, false, 0, false, "none of its messages is known"},
		{"thirty known, thirty others", 30, 30, false, 0, false, "none of its messages is known"},
		{"four known, three that nobody can tell", 4, 3, true, 0, false, "none of its messages is known"},
		{"thirty known, nineteen that nobody can tell", 30, 19, true, 0, false, "none of its messages is known"},
		{"thirty known, twenty that nobody can tell", 30, 20, true, 0, true, ""},
		{"four known, two of them and two others", 4, 2, false, 2, false, "keep their unique-ids, but for those that are not known"},
		{"four known, all of them", 4, 0, false, 4, false, "keep their unique-ids: "},
		{"none known, three others", 0, 3, false, 0, false, "none of its messages is known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			fill := func(validity uint32, messages int, text string) {
				server.Mail(func(m *liars.Mail) {
					b := m.Inbox()
					b.Messages, b.UIDValidity, b.UIDNext = nil, validity, 1
					for n := range messages {
						b.Add(fmt.Sprintf(text, n))
					}
				})
			}
			known := "Message-ID: <old%d@x>\r\nSubject: old\r\n\r\nx\r\n"
			fill(7, c.before, known)
			s := alone(t, server, "on_delete: hide", "")
			before := s.ids(t, "alice@x.test")
			s.AwaitTimes("session ended", 1)
			others := "Message-ID: <new%d@x>\r\nSubject: other\r\n\r\nx\r\n"
			if c.faceless {
				others = "X-Number: %d\r\n\r\nx\r\n"
			}
			fill(8, c.after, others)
			server.Mail(func(m *liars.Mail) {
				for n := range c.kept {
					m.Inbox().Add(fmt.Sprintf(known, n))
				}
			})
			c.after += c.kept
			d := s.dial(t)
			answer := d.pass("alice@x.test")
			d.Quit()
			if frozen := strings.HasPrefix(answer, "-ERR [SYS/TEMP]"); frozen != c.frozen || !frozen && !strings.HasPrefix(answer, fmt.Sprintf("+OK %d ", c.after)) {
				t.Fatalf("PASS is answered %q", answer)
			}
			if !c.frozen {
				s.AwaitLine("[WARN]", "new identity", c.says, fmt.Sprintf("recognised=%d", c.kept))
				for _, words := range []string{"set back", "backup", "restore", "rebuilt"} {
					if strings.Contains(s.Output(), words) {
						t.Errorf("the log speaks of %q", words)
					}
				}
				return
			}
			s.AwaitLine("[ERROR]", "cannot be recognised", "unknown=20", "accept-new-ids alice@x.test")
			if out := s.accountList(t); !strings.Contains(out, "unknown") || !strings.Contains(out, "1 account frozen") {
				t.Errorf("account list says:\n%s", out)
			}
			fill(7, c.before, known)
			if now := s.ids(t, "alice@x.test"); now != before {
				t.Errorf("when the old mailbox is back %s, before %s", now, before)
			}
			if out := s.accountList(t); strings.Contains(out, "frozen") {
				t.Errorf("account list still says:\n%s", out)
			}
		})
	}
}

// TestInterruptedAndMadeAnew: a QUIT that broke off is not finished in a mailbox that was
// made anew meanwhile: its UIDs mean other messages. The log says that it was made anew,
// and not that it was restored.
func TestInterruptedAndMadeAnew(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	s := alone(t, server, "on_delete: expunge", "")
	d := s.loginAs(t, "alice@x.test")
	d.OK("DELE 1")
	server.Lie(liars.Always("UID STORE", liars.Die()), liars.Always("AUTHENTICATE", liars.Die()), liars.Always("LOGIN", liars.Die()))
	broken(t, d)
	server.Lie()
	server.Mail(func(m *liars.Mail) {
		b := m.Inbox()
		b.Messages, b.UIDValidity, b.UIDNext = nil, 8, 11
		b.Add(alarm)
	})
	if got := s.ids(t, "alice@x.test"); strings.Count(got, "00000008") != 1 {
		t.Errorf("the new message is listed as %s", got)
	}
	s.AwaitLine("[WARN]", "none of its messages is known")
	noFalseAlarm(t, s)
	server.Mail(func(m *liars.Mail) {
		if m.Inbox().Count(alarm) != 1 {
			t.Error("new mail was expunged")
		}
	})
}

func (s *stage) accountList(t testing.TB) string {
	t.Helper()
	out, err := exec.Command(bridge.Binary(t), "account", "list", "--config", s.Config).CombinedOutput()
	if err != nil {
		t.Errorf("account list: %v: %s", err, out)
	}
	return string(out)
}
