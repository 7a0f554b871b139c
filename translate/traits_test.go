package translate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// told is all that a maildrop tells of a listing.
func told(l translate.Listing, known translate.Known, p translate.Policy) string {
	m, err := translate.NewMaildrop(l, known, p)
	if err != nil {
		return err.Error()
	}
	messages, octets := m.Stat()
	text := fmt.Sprintln(messages, octets, translate.MergeMaildrops(p, m).LeftOut(), l.LeftOut())
	for msg := range m.Messages {
		text += fmt.Sprintf("%d %d %d %s\n", msg.Number, msg.UID, msg.Octets, m.AppendUniqueID(nil, msg.Number))
	}
	return text + fmt.Sprint(m.Facts().Pins)
}

// drawEntries are mostly in order of UID, and mostly have nothing that a traits is about.
func drawEntries(t *rapid.T) (entries []translate.Entry) {
	rare := func(what string) bool { return rapid.IntRange(0, 12).Draw(t, what+" at 0") == 0 }
	for i := range rapid.IntRange(0, 8).Draw(t, "entries") {
		e := translate.Entry{UID: imap.UID(2*i + 1), Size: rapid.Int64Range(0, translate.MaxOctets+5).Draw(t, "size")}
		if rare("flags") {
			e.Flags = translate.EntryFlags(rapid.IntRange(1, 7).Draw(t, "flags"))
		}
		if rare("unique-id") {
			e.UniqueID = rapid.SampledFrom([]string{"given", "twice", "\x00"}).Draw(t, "unique-id")
		}
		if rare("place") {
			e.Order = rapid.IntRange(1, 9).Draw(t, "place")
		}
		if rare("disorder") {
			e.UID = imap.UID(rapid.IntRange(1, 20).Draw(t, "uid"))
		}
		entries = append(entries, e)
	}
	return entries
}

// What entries have in common is looked for once, and a maildrop is the same as without.
// A listing with other entries does not take it for its own, whichever they are: as many,
// one more in the same array, or the first of them.
func TestSurveyedListing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := translate.Listing{UIDValidity: 7, UIDNext: 100, Assigned: rapid.Bool().Draw(t, "assigned"), Entries: drawEntries(t)}
		known := translate.Known{UIDValidity: 7, Octets: make(map[imap.UID]int64), Hidden: make(map[imap.UID]struct{}), UniqueIDs: make(map[imap.UID]string), Order: make(map[imap.UID]int)}
		for _, e := range plain.Entries {
			switch rapid.IntRange(0, 20).Draw(t, "known") {
			case 0:
				known.Octets[e.UID] = 77
			case 1:
				known.Hidden[e.UID] = struct{}{}
			case 2:
				known.UniqueIDs[e.UID] = "pinned"
			case 3:
				known.Order[e.UID] = rapid.IntRange(1, 9).Draw(t, "order")
			}
		}
		policy := translate.Policy{
			Order:       translate.Order(rapid.IntRange(0, 3).Draw(t, "policy's order")),
			MaxMessages: rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(t, "max_messages"),
			MaxOctets:   rapid.SampledFrom([]int64{0, 0, 0, 1 << 38}).Draw(t, "max_octets"),
		}
		surveyed := plain.Surveyed()
		compare := func(what string, entries []translate.Entry) {
			with, without := surveyed, plain
			with.Entries, without.Entries = entries, entries
			if got, want := told(with, known, policy), told(without, known, policy); got != want {
				t.Errorf("%s:\n%s\nand not surveyed:\n%s", what, got, want)
			}
		}
		compare("the same", plain.Entries)
		compare("one more", append(plain.Entries, translate.Entry{UID: 50, Size: 5, Flags: translate.FlagDeleted, UniqueID: "more", Order: 1}))
		compare("one less", plain.Entries[:max(0, len(plain.Entries)-1)])
		other := slices.Clone(plain.Entries)
		for i := range other {
			other[i] = translate.Entry{UID: imap.UID(100 - i), Size: 1, Flags: translate.FlagLeftOut, UniqueID: "other", Order: 9 - i}
		}
		compare("as many others", other)
		if gone, added := translate.Difference(surveyed, plain); len(gone)+len(added) > 0 {
			t.Errorf("%v and %v differ between a listing and itself", gone, added)
		}
		if !surveyed.Shows(plain) {
			t.Error("a listing does not show what it shows")
		}
	})
}

// A session that is shown what another one has listed goes through none of its entries to
// log in: it would take longer for every message that the mailbox holds.
func TestNothingIsLookedForTwice(t *testing.T) {
	l := translate.Listing{UIDValidity: 7, UIDNext: 100, Entries: []translate.Entry{{UID: 1, Size: 10}, {UID: 2, Size: 20}}}.Surveyed()
	known := translate.Known{UIDValidity: 7, Formats: []translate.Span{{From: 1}}}
	l.Entries[1] = translate.Entry{UID: 1, Size: 1000, Flags: translate.FlagLeftOut, UniqueID: "seen", Order: 1} // nobody may; who looks is found by it
	m, err := translate.NewMaildrop(l, known, translate.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if messages, octets := m.Stat(); messages != 2 || octets != 30 || len(l.LeftOut()) > 0 {
		t.Errorf("%d messages of %d octets, and %v left out: it has looked at them", messages, octets, l.LeftOut())
	}
	if gone, added := translate.Difference(l, l); len(gone)+len(added) > 0 {
		t.Errorf("%v is gone, and %v was added", gone, added)
	}
}
