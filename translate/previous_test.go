package translate

import (
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestPreviousMailboxGiven(t *testing.T) {
	old := []Remembered{{UID: 1, UniqueID: "a", Order: 3}, {UID: 2, UniqueID: "b"}, {UID: 3, UniqueID: "c"}}
	plain := func(uids ...imap.UID) (entries []Entry) {
		for _, uid := range uids {
			entries = append(entries, Entry{UID: uid})
		}
		return entries
	}
	named := func(ids ...string) (entries []Entry) {
		for i, id := range ids {
			entries = append(entries, Entry{UID: imap.UID(i + 11), UniqueID: id})
		}
		return entries
	}
	for _, test := range []struct {
		what        string
		pairs       []Pair
		entries     []Entry
		links       []Link
		old, unseen []imap.UID
	}{
		{"by a match", []Pair{{Old: 2, New: 11}, {Old: 1, New: 12}, {Old: 9, New: 13}}, plain(11, 12, 13),
			[]Link{{Old: 1, New: 12, UniqueID: "a", Order: 3}, {Old: 2, New: 11, UniqueID: "b"}}, []imap.UID{3}, []imap.UID{13}},
		{"a match's message is gone", []Pair{{Old: 2, New: 11}, {Old: 1, New: 12}}, plain(12),
			[]Link{{Old: 1, New: 12, UniqueID: "a", Order: 3}}, []imap.UID{2, 3}, nil},
		{"back, by the server's own unique-ids", nil, named("b", "x", "a"),
			[]Link{{Old: 1, New: 13, UniqueID: "a", Order: 3}, {Old: 2, New: 11, UniqueID: "b"}}, []imap.UID{3}, []imap.UID{12}},
		{"the server's own unique-ids outweigh a match", []Pair{{Old: 1, New: 12}, {Old: 3, New: 11}}, named("a", "x"),
			[]Link{{Old: 1, New: 11, UniqueID: "a", Order: 3}}, []imap.UID{2, 3}, []imap.UID{12}},
		{"Gmail names what has another name for devices", []Pair{{Old: 1, New: 11}}, named("GmailId17"),
			[]Link{{Old: 1, New: 11, UniqueID: "a", Order: 3}}, []imap.UID{2, 3}, nil},
		{"a message for two", []Pair{{Old: 1, New: 11}, {Old: 2, New: 11}}, plain(11),
			[]Link{{Old: 1, New: 11, UniqueID: "a", Order: 3}}, []imap.UID{2, 3}, nil},
		{"nothing is sure", nil, plain(1, 2), nil, []imap.UID{1, 2, 3}, []imap.UID{1, 2}},
	} {
		links, rest, fresh := PreviousMailbox{Messages: old, Pairs: test.pairs}.Given(test.entries)
		var left, unseen []imap.UID
		for _, m := range rest {
			left = append(left, m.UID)
		}
		for _, e := range fresh {
			unseen = append(unseen, e.UID)
		}
		if !reflect.DeepEqual(links, test.links) || !reflect.DeepEqual(left, test.old) || !reflect.DeepEqual(unseen, test.unseen) {
			t.Errorf("%s: %v, left %v, new %v", test.what, links, left, unseen)
		}
	}
	twins := []Remembered{{UID: 1, UniqueID: "a"}, {UID: 2, UniqueID: "a"}}
	links, _, _ := PreviousMailbox{Messages: twins}.Given(named("a", "a"))
	if want := []Link{{Old: 1, New: 11, UniqueID: "a"}, {Old: 2, New: 12, UniqueID: "a"}}; !reflect.DeepEqual(links, want) {
		t.Errorf("unique-ids that an old server repeats: %v", links)
	}
}
