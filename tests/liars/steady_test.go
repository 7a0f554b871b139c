package liars_test

import (
	"fmt"
	"slices"
	"testing"

	"popbridge/tests/liars"
)

// TestRemovedWhileListed: SELECT counts a message that somebody has struck out, and
// it is removed before popbridge asks for flags. The number of messages is as known
// then, and no flag is found any more: the message must not be listed as untouched.
func TestRemovedWhileListed(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	s := alone(t, server, "on_delete: expunge", "")
	before := s.ids(t, "alice@x.test")
	server.Lie(liars.Once("OR DELETED", func(x *liars.Exchange) {
		number := 0
		server.Mail(func(m *liars.Mail) {
			inbox := m.Inbox()
			number = slices.IndexFunc(inbox.Messages, func(msg *liars.Message) bool { return msg.UID == liars.Bystander })
			inbox.Messages = slices.Delete(inbox.Messages, number, number+1)
		})
		x.Send(fmt.Sprintf("* %d EXPUNGE\r\n", number+1) + x.Carry())
	}))
	for _, what := range []string{"while it is removed", "afterwards"} {
		if got := s.ids(t, "alice@x.test"); got != before {
			t.Errorf("%s a device sees %s, want %s", what, got, before)
		}
	}
	noFalseAlarm(t, s)
}
