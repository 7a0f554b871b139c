package translate

import (
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

// An account that has moved is numbered as on the old server; what came since
// follows, and "uid" goes by UIDs alone.
func TestTheOldOrder(t *testing.T) {
	l := Listing{UIDValidity: 7, UIDNext: 9, Entries: []Entry{{UID: 2, Size: 2}, {UID: 3, Size: 3}, {UID: 5, Size: 5}, {UID: 8, Size: 8}}}
	known := Known{UIDValidity: 7, Order: map[imap.UID]int{2: 3, 3: 1, 5: 2}}
	for _, test := range []struct {
		policy Policy
		want   []imap.UID
	}{
		{Policy{}, []imap.UID{3, 5, 2, 8}},
		{Policy{Order: OrderUID}, []imap.UID{2, 3, 5, 8}},
		{Policy{MaxMessages: 2}, []imap.UID{2, 8}},
	} {
		drop, err := NewMaildrop(l, known, test.policy)
		if err != nil {
			t.Fatal(err)
		}
		var got []imap.UID
		for m := range drop.Messages {
			got = append(got, m.UID)
			if int64(m.UID) != m.Octets {
				t.Errorf("UID %d has %d octets", m.UID, m.Octets)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, not %v", test.policy, got, test.want)
		}
	}
	if !slices.Equal(l.Entries, []Entry{{UID: 2, Size: 2}, {UID: 3, Size: 3}, {UID: 5, Size: 5}, {UID: 8, Size: 8}}) {
		t.Error("the listing, which is shared, was changed")
	}
}

// Marks name the right messages, in ascending sets, whatever the order.
func TestMarksInTheOldOrder(t *testing.T) {
	l := Listing{UIDValidity: 7, UIDNext: 4, Entries: []Entry{{UID: 1}, {UID: 2}, {UID: 3}}}
	drop, err := NewMaildrop(l, Known{UIDValidity: 7, Order: map[imap.UID]int{1: 3, 2: 2, 3: 1}}, Policy{OnDelete: DeleteExpunge})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2} {
		if err := drop.Delete(n); err != nil {
			t.Fatal(err)
		}
	}
	plan := drop.Plan(Server{POP3: true})
	if len(plan.Ops) != 1 || plan.Ops[0].Kind != OpDele || plan.Ops[0].UIDs.String() != "2:3" {
		t.Errorf("%+v", plan)
	}
}

func TestRanks(t *testing.T) {
	entries := []Entry{{UID: 1}, {UID: 4}, {UID: 6}}
	if r := Ranks(entries, map[imap.UID]int{6: 1}); r[6] != 1 || r[1] != 2 || r[4] != 3 {
		t.Errorf("%v", r)
	}
	if r := Ranks(entries, map[imap.UID]int{1: 1}); r != nil {
		t.Errorf("the order of UIDs needs no ranks: %v", r)
	}
}

// Only an order that is not that of the new UIDs is worth keeping.
func TestPlaces(t *testing.T) {
	if p := Places([]Link{{Old: 9, New: 5}, {Old: 2, New: 3}}); p != nil {
		t.Errorf("%v", p)
	}
	if p := Places([]Link{{Old: 1, New: 5}, {Old: 2, New: 3}}); p[5] != 1 || p[3] != 2 {
		t.Errorf("by old UID: %v", p)
	}
	if p := Places([]Link{{Old: 1, New: 3, Order: 7}, {Old: 2, New: 5, Order: 4}}); p[5] != 1 || p[3] != 2 {
		t.Errorf("by the old order: %v", p)
	}
}

func TestTheSnapshotKeepsPlaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var entries []Entry
		uid := imap.UID(0)
		for range rapid.IntRange(0, 20).Draw(rt, "messages") {
			uid += imap.UID(rapid.IntRange(1, 5).Draw(rt, "step"))
			entries = append(entries, Entry{UID: uid, Size: 9, UniqueID: rapid.StringMatching(`[ -~]{0,5}`).Draw(rt, "id"), Order: rapid.IntRange(0, 1<<31-1).Draw(rt, "order")})
		}
		var s Snapshot
		data := EncodeSnapshot(entries, nil)
		if err := DecodeSnapshot(data, &s); err != nil || !slices.Equal(s.Entries, entries) {
			rt.Fatalf("%v became %v: %v", entries, s.Entries, err)
		}
	})
	if plain := EncodeSnapshot([]Entry{{UID: 1}}, nil); plain[0] != snapshotVersion {
		t.Error("without places an earlier program must be able to read it")
	}
}

func TestOrderWords(t *testing.T) {
	var o Order
	if err := o.UnmarshalText([]byte("uid")); err != nil || o != OrderUID || o.String() != "uid" {
		t.Errorf("%v: %v", o, err)
	}
	if err := o.UnmarshalText([]byte("size")); err == nil {
		t.Error("an unknown word")
	}
}
