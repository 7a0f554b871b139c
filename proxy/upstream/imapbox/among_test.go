package imapbox_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestReadAheadAmongMailboxes: a device that retrieves in order, from one mailbox and the
// other in turn, has either selected once for all that is read ahead of it there, and not
// for each message.
func TestReadAheadAmongMailboxes(t *testing.T) {
	const each, octets, ahead = 64, 4 << 10, 64 << 10
	s := newSite(t)
	s.drop.Prefetch = 2 * ahead
	s.drop.Mailbox = configs.Mailboxes{"INBOX", "Archive"}
	s.server.Mail(func(m *liars.Mail) {
		for _, name := range s.drop.Mailbox {
			box := m.Box(name)
			box.Messages = nil
			for i := range each {
				box.Add(fmt.Sprintf("Subject: %d in %s\r\n\r\n%s\r\n", i, name, strings.Repeat("x", octets-100)))
			}
		}
	})
	m := s.open()
	defer s.close(m)
	shown, _ := m.Shown()
	drops := make([]*translate.Maildrop, len(shown))
	for i, box := range shown {
		l, err := box.List(s.ctx, translate.Listing{})
		if err != nil {
			t.Fatal(err)
		}
		if drops[i], err = translate.NewMaildrop(l, translate.Known{}, s.drop.Policy()); err != nil {
			t.Fatal(err)
		}
	}
	n := s.said()
	for k := range 2 * each {
		number, box := k+1, k%2
		msg, err := drops[box].Message(k/2 + 1)
		if err != nil {
			t.Fatal(err)
		}
		msg.Number, msg.Mailbox = number, box
		var got bytes.Buffer
		err = shown[box].Fetch(s.ctx, msg, func(yield func(translate.Message) bool) {
			for later := k + 2; later < 2*each; later += 2 {
				next, _ := drops[box].Message(later/2 + 1)
				next.Number, next.Mailbox = later+1, box
				if !yield(next) {
					return
				}
			}
		}, &got)
		if want := fmt.Sprintf("Subject: %d in %s\r\n", k/2, s.drop.Mailbox[box]); err != nil || !strings.HasPrefix(got.String(), want) {
			t.Fatalf("RETR %d gives %q, %v; want %q", number, got.String(), err, want)
		}
	}
	selects := 0
	for _, c := range s.since(n) {
		if strings.HasPrefix(c, "SELECT") {
			selects++
		}
	}
	// The first message of the session says nothing of the next.
	if most := 1 + 2*each/(ahead/octets); selects > most {
		t.Errorf("%d messages, from two mailboxes in turn, took %d SELECTs, want at most %d", 2*each, selects, most)
	}
}
