package desk

import (
	"testing"
	"time"
)

// What became of a message is said for each way that it may go.
func TestMessageDeletionIsExplained(t *testing.T) {
	began, back := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC)
	const phone = "device phone deleted it at 2026-02-03 04:05:06 UTC (from 192.0.2.1): "
	for _, test := range []struct {
		d    MessageDeletion
		want string
	}{
		{MessageDeletion{Deletion: Deletion{Action: "trash", To: "Trash", ToUID: 12}}, "it was moved to Trash, UID 12"},
		{MessageDeletion{Deletion: Deletion{Action: "archive", To: "Archive", ToUID: 3, Restored: back}}, "it was moved to Archive, UID 3; it was brought back at 2026-02-04 00:00:00 UTC"},
		{MessageDeletion{Deletion: Deletion{Action: "trash"}}, "it was moved away (on_delete trash), the server did not say where to"},
		{MessageDeletion{Deletion: Deletion{Action: "expunge"}}, "it was removed for good"},
		{MessageDeletion{Deletion: Deletion{Action: "flag"}}, "it stays in INBOX, marked so that no device sees it again"},
		{MessageDeletion{Deletion: Deletion{Action: "hide"}, HiddenFrom: []string{"", "phone"}}, "it stays in INBOX, and has been hidden since then; hidden from logins without a device's name, phone"},
		{MessageDeletion{Deletion: Deletion{Action: "hide", Restored: back}}, "it was hidden then, and is not any more; it was brought back at 2026-02-04 00:00:00 UTC"},
	} {
		test.d.At, test.d.Device, test.d.Client, test.d.Mailbox = began, "phone", "192.0.2.1", "INBOX"
		if test.d.Explain(); test.d.Words != phone+test.want {
			t.Errorf("%+v: %q, want %q", test.d, test.d.Words, phone+test.want)
		}
	}
	d := MessageDeletion{Deletion: Deletion{Action: "expunge", At: began, Client: "192.0.2.1"}}
	if d.Explain(); d.Words != "a login without a device's name deleted it at 2026-02-03 04:05:06 UTC (from 192.0.2.1): it was removed for good" {
		t.Errorf("without a device: %q", d.Words)
	}
}
