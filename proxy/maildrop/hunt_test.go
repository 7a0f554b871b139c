package maildrop_test

import (
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/maildrop"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// overTwo is a site whose maildrop shows INBOX and Orders, which holds one message.
func overTwo(t *testing.T, action translate.OnDelete, caps ...string) *site {
	s := newSite(t)
	s.server = liars.New(t, liars.Options{Caps: caps})
	s.server.Mail(func(m *liars.Mail) {
		orders := &liars.Mailbox{Name: "Orders", UIDValidity: 70, UIDNext: 5}
		orders.Add("Message-ID: <order@x.test>\r\nSubject: an order\r\n\r\nin Orders\r\n")
		m.Boxes = append(m.Boxes, orders)
	})
	drop := &s.request.Target.Maildrop
	drop.Mailbox, drop.MaxMailboxes, drop.OnDelete, drop.OnRetrieve = configs.Mailboxes{"INBOX", "Orders"}, 100, action, translate.RetrieveNothing
	s.request.Target.Upstream.Address = s.server.Address()
	return s
}

// file takes a message from one mailbox to another, as another client does.
func file(m *liars.Mail, text, from, to string) {
	var dates []string
	m.Box(from).Remove(func(msg *liars.Message) bool {
		if msg.Text == text {
			dates = append(dates, msg.Date)
		}
		return msg.Text == text
	})
	for _, date := range dates {
		m.Box(to).Add(text).Date = date
	}
}

// shows reports whether a maildrop lists a message.
func shows(d *maildrop.Maildrop, id string) bool {
	for msg := range d.Messages {
		if string(d.AppendUniqueID(nil, msg.Number)) == id {
			return true
		}
	}
	return false
}

// A message that somebody files into another shown mailbox, between the look at it and
// the command that deletes it, is followed there: where the command has an effect on
// other messages alone, the server says OK to it all the same.
func TestFiledWhileQuitDeletes(t *testing.T) {
	text := liars.NewMail().Inbox().Messages[0].Text
	moves := []string{"UIDPLUS", "MOVE"}
	for name, c := range map[string]struct {
		action translate.OnDelete
		caps   []string
		on     string
		told   func(string) string // what the server tells more of it
		held   string              // where the message is in the end
	}{
		"MOVE":                  {translate.DeleteTrash, moves, "UID MOVE 11", nil, "Trash"},
		"MOVE, told by COPYUID": {translate.DeleteTrash, moves, "UID MOVE 11:12", func(a string) string { return strings.Replace(a, "OK done", "OK [COPYUID 8 12 9] done", 1) }, "Trash"},
		"COPY":                  {translate.DeleteArchive, []string{"UIDPLUS"}, "UID COPY", nil, "Archive"},
		"STORE":                 {translate.DeleteExpunge, []string{"UIDPLUS"}, "UID STORE", nil, ""},
		"UID EXPUNGE":           {translate.DeleteExpunge, []string{"UIDPLUS"}, "UID EXPUNGE", nil, ""},
		"a keyword":             {translate.DeleteFlag, moves, "UID STORE", nil, "Orders"},
	} {
		t.Run(name, func(t *testing.T) {
			s := overTwo(t, c.action, c.caps...)
			d := s.mustOpen()
			for _, n := range []int{1, 2} {
				if err := d.Delete(n); err != nil {
					t.Fatal(err)
				}
			}
			id := string(d.AppendUniqueID(nil, 1))
			s.server.Lie(liars.Once(c.on, func(x *liars.Exchange) {
				s.server.Mail(func(m *liars.Mail) { file(m, text, "INBOX", "Orders") })
				answer := x.Carry()
				if c.told != nil {
					answer = c.told(answer)
				}
				x.Send(answer)
			}))
			if left, err := d.Commit(t.Context()); err != nil {
				t.Errorf("%d stay: %v", left, err)
			}
			d.Close()
			s.server.Mail(func(m *liars.Mail) {
				var held []string
				for _, box := range m.Boxes {
					for range box.Count(text) {
						held = append(held, box.Name)
					}
				}
				if want := strings.Fields(c.held); !slices.Equal(held, want) {
					t.Errorf("it lies in %q, want %q", held, want)
				}
			})
			d = s.mustOpen()
			if shows(d, id) || d.Len() != 3 {
				t.Errorf("the next session shows %d messages, it among them: %v", d.Len(), shows(d, id))
			}
			d.Close()
		})
	}
}

// A message that somebody moves faster than it can be followed is not said to be
// deleted, and it is not lost.
func TestFiledAgainAndAgain(t *testing.T) {
	text := liars.NewMail().Inbox().Messages[0].Text
	s := overTwo(t, translate.DeleteTrash, "UIDPLUS", "MOVE")
	d := s.mustOpen()
	if err := d.Delete(1); err != nil {
		t.Fatal(err)
	}
	id := string(d.AppendUniqueID(nil, 1))
	s.server.Lie(liars.Always("UID MOVE", func(x *liars.Exchange) {
		s.server.Mail(func(m *liars.Mail) {
			if m.Inbox().Count(text) == 1 {
				file(m, text, "INBOX", "Orders")
			} else {
				file(m, text, "Orders", "INBOX")
			}
		})
		x.Send(x.Carry())
	}))
	if left, err := d.Commit(t.Context()); err == nil || left != 1 {
		t.Errorf("%d stay: %v", left, err)
	}
	d.Close()
	s.server.Lie()
	if d = s.mustOpen(); !shows(d, id) {
		t.Error("the next session does not show it")
	}
	d.Close()
}
