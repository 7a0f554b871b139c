package servers

import (
	"bytes"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestRebuild(t *testing.T) {
	s := StartDovecot(t, Dovecot{})
	messages := Messages(4)
	w := Dial(t, s.IMAP, "bob@example.org", "builder")
	w.Fill("INBOX", messages)
	before := w.UIDValidity("INBOX")
	w.AppendTo("Trash", messages[0])
	slices.Reverse(messages)
	messages = append(messages, messages[1])

	s.Rebuild(t, "bob@example.org", before+7, messages)

	w = Dial(t, s.IMAP, "bob@example.org", "builder")
	if got := w.UIDValidity("INBOX"); got != before+7 {
		t.Errorf("UIDVALIDITY is %d, want %d", got, before+7)
	}
	if got := w.UIDs("INBOX"); !slices.Equal(got, []imap.UID{1, 2, 3, 4, 5}) {
		t.Fatalf("the UIDs are %v", got)
	}
	for i, raw := range messages {
		if got := w.Raw("INBOX", imap.UID(i+1)); !bytes.Equal(got, raw) {
			t.Errorf("UID %d is %q, want %q", i+1, got, raw)
		}
	}
	if got := len(w.UIDs("Trash")); got != 1 {
		t.Errorf("Trash holds %d messages, want 1", got)
	}
}
