package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// Two alarms of one second: equal in size and date, and not the same message.
const (
	alarm = "Message-ID: <1@x>\r\nSubject: alarm\r\n\r\nzone 1\r\n"
	twin  = "Message-ID: <2@x>\r\nSubject: alarm\r\n\r\nzone 2\r\n"
)

// dateless leaves the date of the alarms out, as a server with a broken index does.
var dateless = liars.Always("INTERNALDATE", liars.Edit(func(answer string) string {
	return strings.Replace(answer, ` INTERNALDATE "01-Feb-2024 10:00:21 +0000"`, "", 1)
}))

// mute says nothing of any message's header.
var mute = liars.Always("HEADER.FIELDS", liars.Say("{tag} OK\r\n"))

// TestCopyInDoubtIsNotItsTwin: a COPY whose answer was lost counts as done only
// where the copy is in Trash. What just looks like it, or came at the same time,
// is no copy: a message that is in no other mailbox may not be expunged.
func TestCopyInDoubtIsNotItsTwin(t *testing.T) {
	t.Parallel()
	moved := func(m *liars.Mail) { // another client deletes the twin
		m.Inbox().Remove(func(q *liars.Message) bool { return q.Text == twin })
		m.Box("Trash").Add(twin).Date = "01-Feb-2024 10:00:21 +0000"
	}
	other := func(m *liars.Mail) { m.Box("Trash").Add("Subject: unrelated\r\n\r\n") }
	for _, c := range []struct {
		name  string
		later bool // QUIT fails for good, and the next login settles it
		event func(*liars.Mail)
		lies  []liars.Rule
	}{
		{name: "twin", event: moved},
		{name: "twin later", later: true, event: moved},
		{name: "twin without INTERNALDATE", event: moved, lies: []liars.Rule{dateless}},
		{name: "another message, without INTERNALDATE", event: other, lies: []liars.Rule{dateless}},
		{name: "another message, without a header", event: other, lies: []liars.Rule{mute}},
		{name: "another message later, without a header", later: true, event: other, lies: []liars.Rule{mute}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}})
			server.Mail(func(m *liars.Mail) {
				a := m.Inbox().Add(alarm)
				m.Inbox().Add(twin).Date = a.Date
			})
			s := alone(t, server, "on_delete: trash", "")
			d := s.loginAs(t, "alice@x.test")
			d.OK("DELE 5")
			if c.later {
				server.Lie(append(c.lies, liars.Always("UID COPY", liars.Die()))...)
				broken(t, d)
				server.Mail(c.event)
				server.Lie(c.lies...)
				s.loginAs(t, "alice@x.test").Quit()
			} else {
				server.Lie(append(c.lies, liars.Once("UID COPY", func(x *liars.Exchange) {
					server.Mail(c.event)
					x.Close()
				}))...)
				d.command("QUIT", false)
			}
			server.Mail(func(m *liars.Mail) {
				if m.Count(alarm) == 0 {
					t.Error("the message is in no mailbox any more")
				}
			})
			polite(t, &actor{server: server})
		})
	}
}
