package liars_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestRestoredAndCaughtUpKeepsNewMail: a server that broke at QUIT is restored
// from a backup with the UIDVALIDITY that it had, and has got so much mail since
// that UIDNEXT tells nothing any more. New mail lies where the device's marked
// message lay. What tells them apart differs from case to case; where nothing
// does, nothing is deleted.
func TestRestoredAndCaughtUpKeepsNewMail(t *testing.T) {
	const later = "02-Mar-2026 09:00:00 +0000"
	const plain = "Subject: count\r\n\r\n1234\r\n"
	t.Parallel()
	for _, c := range []struct {
		name       string
		old, fresh string
		date       string // of the new mail; empty: that of the old
		lies       []liars.Rule
	}{
		{name: "another Message-ID", old: alarm, fresh: twin},
		{name: "another size", old: alarm, fresh: alarm + "and more\r\n"},
		{name: "another subject", old: "Message-ID: <1@x>\r\nSubject: one\r\n\r\nx\r\n", fresh: "Message-ID: <1@x>\r\nSubject: two\r\n\r\nx\r\n"},
		{name: "no Message-ID, another date", old: plain, fresh: strings.Replace(plain, "1234", "5678", 1), date: later},
		{name: "no Message-ID, no date", old: plain, fresh: strings.Replace(plain, "1234", "5678", 1), date: later, lies: []liars.Rule{undated}},
		{name: "no header, no date", old: "\r\nabcd\r\n", fresh: "\r\nefgh\r\n", date: later, lies: []liars.Rule{undated}},
	} {
		for _, action := range []string{"expunge", "trash"} {
			for _, state := range []string{"memory", "sqlite"} {
				if state == "sqlite" && action == "trash" {
					continue // what is remembered does not depend on the action
				}
				t.Run(c.name+" "+action+" "+state, func(t *testing.T) {
					t.Parallel()
					server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
					server.Mail(func(m *liars.Mail) { m.Inbox().Add(c.old) })
					s := aloneWith(t, server, fmt.Sprintf("{driver: %s, source: %q}", state, filepath.Join(t.TempDir(), "state.db")), "on_delete: "+action, "")
					d := s.loginAs(t, "alice@x.test")
					d.OK("DELE 5")
					// It goes away in the middle, and does not come back for this QUIT.
					server.Lie(append(c.lies, liars.Always("UID STORE", liars.Die()), liars.Always("UID MOVE", liars.Die()),
						liars.Always("LOGIN", liars.Die()), liars.Always("AUTHENTICATE", liars.Die()))...)
					broken(t, d)
					server.Lie(c.lies...)
					server.Mail(func(m *liars.Mail) {
						b := m.Inbox()
						b.Messages, b.UIDNext = b.Messages[:5], 21
						if fresh := b.Add(c.fresh); c.date != "" {
							fresh.Date = c.date
						}
						b.Add("Subject: later\r\n\r\nx\r\n")
					})
					s.loginAs(t, "alice@x.test").Quit()
					server.Mail(func(m *liars.Mail) {
						if m.Inbox().Count(c.fresh) != 1 {
							t.Errorf("new mail has left the INBOX; in Trash: %d", m.Box("Trash").Count(c.fresh))
						}
					})
					if c.lies == nil {
						s.AwaitLine("[ERROR]", "an interrupted QUIT is not completed")
					} else {
						s.AwaitLine("[WARN]", "messages of an interrupted QUIT are kept, because the server does not say what they are")
					}
				})
			}
		}
	}
}

// undated leaves out when messages were received.
var undated = liars.Always("INTERNALDATE", liars.Edit(func(answer string) string {
	return regexp.MustCompile(` INTERNALDATE "[^"]*"`).ReplaceAllString(answer, "")
}))

// TestSetBackGivesNewMailNewUniqueIDs: a mailbox is restored from a backup and gets
// new mail under UIDs that a device has seen other messages with, and hidden one.
// The device sees each new message, under a unique-id that it does not know.
func TestSetBackGivesNewMailNewUniqueIDs(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	server.Mail(func(m *liars.Mail) {
		for n := range 3 {
			m.Inbox().Add(fmt.Sprintf("Message-ID: <lost%d@x>\r\nSubject: lost\r\n\r\nx\r\n", n))
		}
	})
	s := alone(t, server, "on_delete: hide", "")
	d := s.loginAs(t, "alice@x.test")
	before := make(map[string]bool)
	for _, line := range d.Lines("UIDL") {
		_, id, _ := strings.Cut(line, " ")
		before[id] = true
	}
	d.OK("DELE 5")
	d.OK("DELE 1")
	d.Quit()
	server.Mail(func(m *liars.Mail) {
		b := m.Inbox()
		b.Messages, b.UIDNext = b.Messages[:5], 21
	})
	s.loginAs(t, "alice@x.test").Quit()
	s.AwaitLine("[ERROR]", "the mailbox was set back")
	server.Mail(func(m *liars.Mail) {
		for n := range 5 {
			m.Inbox().Add(fmt.Sprintf("Message-ID: <new%d@x>\r\nSubject: new\r\n\r\nx\r\n", n))
		}
	})
	d = s.loginAs(t, "alice@x.test")
	fresh := 0
	for _, line := range d.Lines("UIDL") {
		_, id, _ := strings.Cut(line, " ")
		if !before[id] {
			fresh++
		}
	}
	if got := len(d.Lines("LIST")); fresh != 5 || got != 8 {
		t.Errorf("%d messages are listed, %d with a unique-id that the device does not know; want 8 and 5", got, fresh)
	}
	d.Quit()
}
