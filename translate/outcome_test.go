package translate

import (
	"testing"

	"github.com/emersion/go-imap/v2"
)

// A mailbox as large as is served is hidden whole; a server cannot make us count
// further than that.
func TestMembersOfAGreatMailbox(t *testing.T) {
	var k Known
	k.Hide(imap.UIDSet{{Start: 1, Stop: 2_000_000}})
	if len(k.Hidden) != 2_000_000 {
		t.Errorf("%d messages are hidden, want 2,000,000", len(k.Hidden))
	}
	for set, want := range map[imap.UIDRange]int{{Start: 5, Stop: 5 + maxMembers - 1}: maxMembers, {Start: 5, Stop: 5 + maxMembers}: 0, {Start: 1, Stop: 1<<32 - 1}: 0, {Start: 7}: 0} {
		if got := len(Members(imap.UIDSet{set})); got != want {
			t.Errorf("%v has %d members, want %d", set, got, want)
		}
	}
	var o Outcome
	o.Add("Trash", 8, imap.UIDSet{{Start: 1, Stop: maxTold + 1}}, imap.UIDSet{{Start: 1, Stop: maxTold + 1}})
	if _, told := o.Place(1); told {
		t.Error("a server's word of more messages than can be told is expanded")
	}
}
