package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// wireID is any unique-id that an old server's line lets in.
func wireID() *rapid.Generator[string] {
	octet := rapid.ByteRange(0, 255).Filter(func(b byte) bool { return b != '\n' })
	short := rapid.Map(rapid.SliceOfN(octet, 1, 80), func(b []byte) string { return string(b) })
	long := rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{70, 71, 253, 254, 255, 256, 257, 300, 511, 512, 8000}).Draw(t, "length")
		return strings.Repeat(rapid.SampledFrom([]string{"A", "\x00", "\xff"}).Draw(t, "octet"), n)[:n]
	})
	return rapid.Custom(func(t *rapid.T) string {
		return long.Draw(t, "begin")[:rapid.SampledFrom([]int{0, 69, 70}).Draw(t, "cut")] + rapid.OneOf(short, long).Draw(t, "end")
	})
}

// wireOctets is any size that a server's number is taken for.
func wireOctets() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 1<<32 - 1, 1<<62 - 1, 1 << 62, math.MaxInt64}), rapid.Int64Range(0, math.MaxInt64))
}

// Whatever the wire lets in is written and read again, as unique-ids of a listing, as pins, with its octets and its place.
func TestWhatAServerSaysIsReadAgain(t *testing.T) {
	s := place{ledger.Options{Driver: ledger.DriverMemory}, false, nil}.open(t)
	accounts := 0
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.SliceOfN(wireID(), 1, 8).Draw(rt, "unique-ids")
		l := translate.Listing{UIDValidity: translate.AssignedValidity, UIDNext: 1000}
		known := translate.Known{UniqueIDs: map[imap.UID]string{}, Order: map[imap.UID]int{}}
		for i, id := range ids {
			e := translate.Entry{UID: imap.UID(100 * (i + 1)), UniqueID: id, Size: wireOctets().Draw(rt, "octets"), Order: rapid.IntRange(0, 10_000_000).Draw(rt, "place")}
			l.Entries = append(l.Entries, e)
			known.UniqueIDs[e.UID], known.Order[e.UID] = id, e.Order
		}
		if err := s.Keepable(l, known); err != nil {
			rt.Fatal(err)
		}
		accounts++
		k := key("")
		k.Account, k.Login = fmt.Sprint(accounts), fmt.Sprint(accounts)
		p := opens(t, s, k)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: l.UIDValidity, Listing: &l}, Pins: known.UniqueIDs})
		closes(t, p)
		ledger.ForgetCache(s)
		p = opens(t, s, k)
		defer closes(t, p)
		if got := p.Listing(); !slices.Equal(got.Entries, l.Entries) {
			rt.Fatalf("the listing is %+v, and was %+v", got.Entries, l.Entries)
		}
		if got := knows(t, p, l.UIDValidity).UniqueIDs; !maps.Equal(got, known.UniqueIDs) {
			rt.Fatalf("the pins are %v, and were %v", got, known.UniqueIDs)
		}
	})
}

// What cannot be read again is said before anybody relies on it.
func TestWhatCannotBeKept(t *testing.T) {
	s := place{ledger.Options{Driver: ledger.DriverMemory}, false, nil}.open(t)
	for what, l := range map[string][]translate.Entry{
		"a place below 0": {{UID: 1, UniqueID: "a", Order: -1}},
		"octets below 0":  {{UID: 1, UniqueID: "a", Size: -1}},
		"no order":        {{UID: 2, UniqueID: "a"}, {UID: 1, UniqueID: "b"}},
	} {
		if err := s.Keepable(translate.Listing{Entries: l}, translate.Known{}); err == nil || !strings.Contains(err.Error(), "cannot keep") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Keepable(translate.Listing{}, translate.Known{Order: map[imap.UID]int{7: -1}}); err == nil || !strings.Contains(err.Error(), "UID 7") {
		t.Errorf("a place below 0 on a page: %v", err)
	}
}

// theJournalKeepsNames: unique-ids come out of the journal, and of an interrupted
// QUIT, as an old server has given them.
func theJournalKeepsNames(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3, 4)}})
	ids := []string{"plain", "\xe4\xff", "nul\x00nul", "\x01ff"}
	var gone []translate.Deletion
	for i, id := range ids {
		gone = append(gone, translate.Deletion{At: time.Now(), UIDValidity: 7, UID: imap.UID(i + 1), UniqueID: id, Action: translate.DeleteExpunge})
	}
	if err := p.Intend(t.Context(), translate.Intent{UIDValidity: 7, UIDNext: 5, Plan: translate.Plan{Deletes: len(ids)}, Deletions: gone}); err != nil {
		t.Fatal(err)
	}
	closes(t, p)
	p = opens(t, s, key(""))
	defer closes(t, p)
	intent := knows(t, p, 7).Intent
	if intent == nil {
		t.Fatal("there is no intent")
	}
	for i, d := range intent.Deletions {
		if d.UniqueID != ids[i] {
			t.Errorf("the intent says %q, and was told %q", d.UniqueID, ids[i])
		}
	}
	settles(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Deletions: intent.Deletions})
	lines, err := s.Deletions(context.Background(), alice, ledger.Filter{})
	if err != nil || len(lines) != len(ids) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, line := range lines {
		if line.UniqueID != ids[i] {
			t.Errorf("the journal says %q, and was told %q", line.UniqueID, ids[i])
		}
	}
}
