package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestRestoredMailboxKeepsNewMail: a server that broke at QUIT is restored from a
// backup, with the UIDVALIDITY that it had, and gives the UID of the message that
// was to go to a new one. What the device once marked may not be taken for mail
// that nobody has seen: UIDNEXT tells that the mailbox was set back.
func TestRestoredMailboxKeepsNewMail(t *testing.T) {
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
