package undelete

import (
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

func entry(upstream, mailbox string, action translate.OnDelete) ledger.Entry {
	e := ledger.Entry{Maildrop: "default", Upstream: upstream, Login: "alice", Mailbox: mailbox}
	e.Action = action
	return e
}

func TestNothingIsLeftToBringBack(t *testing.T) {
	back := entry("mail", "INBOX", translate.DeleteTrash)
	back.Restored = time.Unix(1, 0)
	for want, entries := range map[string][]ledger.Entry{
		"the journal has no such deletion":                                         nil,
		"nothing is left to bring back: 1 message has already been brought back":   {back},
		"nothing is left to bring back: 2 messages have already been brought back": {back, back},
	} {
		if _, _, err := new(Restorer).Restore(t.Context(), entries); err == nil || err.Error() != want {
			t.Errorf("%d lines: %v, want %q", len(entries), err, want)
		}
	}
}

// What no mailbox has to be opened for is said of each line by itself.
func TestLinesOutOfReach(t *testing.T) {
	back := entry("gone", "INBOX", translate.DeleteTrash)
	back.Restored = time.Unix(1, 0)
	r := Restorer{Config: &configs.Config{}}
	lines, unopened, err := r.Restore(t.Context(), []ledger.Entry{
		entry("mail", "INBOX", translate.DeleteExpunge), back, entry("gone", "INBOX", translate.DeleteTrash), entry("mail", "INBOX", translate.DeleteExpunge),
	})
	if err != nil || len(lines) != 3 || len(unopened) != 0 {
		t.Fatalf("%d lines, %d unopened, %v", len(lines), len(unopened), err)
	}
	for i, want := range []string{imapbox.ErrExpunged.Error(), `upstream "gone" is not in the configuration any more`, imapbox.ErrExpunged.Error()} {
		if lines[i].Err == nil || !strings.Contains(lines[i].Err.Error(), want) {
			t.Errorf("line %d: %v, want %q", i, lines[i].Err, want)
		}
	}
}

func TestGroupsAreOfOneActionInOneMailbox(t *testing.T) {
	var lines []*Line
	for _, e := range []ledger.Entry{
		entry("mail", "INBOX", translate.DeleteTrash), entry("mail", "Work", translate.DeleteTrash), entry("mail", "INBOX", translate.DeleteHide),
		entry("mail", "INBOX", translate.DeleteTrash), entry("old", "INBOX", translate.DeleteTrash),
	} {
		lines = append(lines, &Line{Entry: e})
	}
	got := groups(lines)
	if len(got) != 4 || len(got[0]) != 2 || got[0][0] != lines[0] || got[0][1] != lines[3] || got[1][0] != lines[1] {
		t.Errorf("%d groups: %v", len(got), got)
	}
}
