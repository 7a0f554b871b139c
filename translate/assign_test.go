package translate

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

func assign(t *testing.T, known Listing, now ...Given) Assigned {
	t.Helper()
	a, err := Assign(known, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAssign(t *testing.T) {
	first := assign(t, Listing{}, Given{"a", 1}, Given{"b", 2}, Given{"c", 3})
	if !slices.Equal(first.UIDs, []imap.UID{1, 2, 3}) || first.Listing.UIDNext != 4 || first.Listing.UIDValidity != AssignedValidity || !first.Listing.Assigned {
		t.Errorf("the first time: %+v", first)
	}
	// b is gone, d is new: nothing of b's is used again.
	second := assign(t, first.Listing, Given{"a", 1}, Given{"c", 3}, Given{"d", 4})
	if !slices.Equal(second.UIDs, []imap.UID{1, 3, 4}) || second.Listing.UIDNext != 5 || second.Renamed {
		t.Errorf("one gone, one new: %+v", second)
	}
	// The last is gone: its UID is not given again either.
	third := assign(t, assign(t, second.Listing, Given{"a", 1}).Listing, Given{"a", 1}, Given{"e", 5})
	if !slices.Equal(third.UIDs, []imap.UID{1, 5}) {
		t.Errorf("behind a gap: %+v", third)
	}
	if empty := assign(t, third.Listing); empty.Listing.UIDNext != 6 || len(empty.UIDs) != 0 {
		t.Errorf("empty: %+v", empty)
	}
}

// What was deleted while the account was elsewhere stays hidden, as long as the
// server has it, and has no counterpart any more; Gmail's messages have flags of
// their own.
func TestAssignKeepsFlags(t *testing.T) {
	first := assign(t, Listing{}, Given{"a", 1}, Given{"b", 2})
	first.Listing.Entries[1].Flags = FlagPOP3Deleted
	again := assign(t, first.Listing, Given{"b", 2}, Given{"a", 1}, Given{"c", 3}).Listing
	for _, e := range again.Entries {
		if hidden := e.UniqueID == "b"; hidden != (e.Flags == FlagPOP3Deleted) || hidden != e.Withdrawn() {
			t.Errorf("%+v", e)
		}
	}
	for _, e := range []Entry{{UID: 1, Flags: FlagPOP3Deleted}, {UID: 1, UniqueID: "GmailId1a2b", Flags: FlagPOP3Deleted}, {UID: 1, UniqueID: "a", Flags: FlagDeleted}} {
		if e.Withdrawn() {
			t.Errorf("%+v is called withdrawn", e)
		}
	}
}

// Where the server's order is not that of UIDs it is kept, and only there.
func TestAssignKeepsTheServersOrder(t *testing.T) {
	first := assign(t, Listing{}, Given{"a", 1}, Given{"b", 2})
	again := assign(t, first.Listing, Given{"new", 9}, Given{"a", 1}, Given{"b", 2})
	want := []Entry{{UID: 1, Size: 1, UniqueID: "a", Order: 2}, {UID: 2, Size: 2, UniqueID: "b", Order: 3}, {UID: 3, Size: 9, UniqueID: "new", Order: 1}}
	if !slices.Equal(again.Listing.Entries, want) || !slices.Equal(again.UIDs, []imap.UID{3, 1, 2}) {
		t.Errorf("%+v", again)
	}
	drop, err := NewMaildrop(again.Listing, Known{UIDValidity: AssignedValidity}, Policy{Order: OrderUID})
	if err != nil {
		t.Fatal(err)
	}
	if ids := uniqueIDs(drop); !slices.Equal(ids, []string{"new", "a", "b"}) {
		t.Errorf("devices see %q", ids)
	}
	if back := assign(t, again.Listing, Given{"a", 1}, Given{"b", 2}, Given{"new", 9}); back.Listing.Entries[0].Order != 0 {
		t.Errorf("the order of UIDs needs no places: %+v", back)
	}
}

func uniqueIDs(m *Maildrop) (ids []string) {
	for msg := range m.Messages {
		ids = append(ids, string(m.AppendUniqueID(nil, msg.Number)))
	}
	return ids
}

// Messages with one unique-id are told apart by their octets.
func TestAssignRepeatedIDs(t *testing.T) {
	first := assign(t, Listing{}, Given{"x", 10}, Given{"x", 20}, Given{"x", 20})
	if got := assign(t, first.Listing, Given{"x", 20}, Given{"x", 20}); !slices.Equal(got.UIDs, []imap.UID{2, 3}) {
		t.Errorf("the first is gone: %v", got.UIDs)
	}
	if got := assign(t, first.Listing, Given{"x", 99}, Given{"x", 20}); !slices.Equal(got.UIDs, []imap.UID{1, 2}) {
		t.Errorf("other octets: %v", got.UIDs)
	}
}

func TestAssignNoticesThatAllIsNamedAnew(t *testing.T) {
	first := assign(t, Listing{}, Given{"a", 1}, Given{"b", 2})
	for _, test := range []struct {
		now  []Given
		want bool
	}{
		{[]Given{{"c", 1}, {"d", 2}}, true},
		{[]Given{{"c", 1}, {"b", 2}}, false},
		{[]Given{{"c", 1}, {"d", 9}}, false},
		{nil, false},
	} {
		if got := assign(t, first.Listing, test.now...); got.Renamed != test.want {
			t.Errorf("%v: %v", test.now, got.Renamed)
		}
	}
}

// A list that is as it was, or has only grown, is what the long way gives.
func TestAssignOfAListThatHasGrown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		given := rapid.Custom(func(t *rapid.T) Given {
			return Given{rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id"), int64(rapid.IntRange(1, 2).Draw(t, "octets"))}
		})
		box := rapid.SliceOfN(given, 1, 6).Draw(rt, "box")
		first, err := Assign(Listing{}, box)
		if err != nil {
			rt.Fatal(err)
		}
		more := rapid.SliceOfN(given, 0, 4).Draw(rt, "more")
		now := append(slices.Clone(box), more...)
		got, err := Assign(first.Listing, now)
		if err != nil || got.Same != (len(more) == 0) || got.Renamed {
			rt.Fatalf("%+v, %v", got, err)
		}
		for i, e := range got.Listing.Entries {
			want := Entry{UID: imap.UID(i + 1), Size: now[i].Octets, UniqueID: now[i].UniqueID}
			if e != want || got.UIDs[i] != e.UID {
				rt.Fatalf("%v became %+v", now, got)
			}
		}
		if got.Listing.UIDNext != imap.UID(len(now)+1) || len(first.Listing.Entries) != len(box) {
			rt.Fatalf("%+v", got)
		}
	})
}

func BenchmarkAssignUnchanged(b *testing.B) {
	var box []Given
	for i := range 100_000 {
		box = append(box, Given{fmt.Sprintf("%010d.M%d.example.org", i, i), int64(i)})
	}
	a, err := Assign(Listing{}, box)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Assign(a.Listing, box); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAssignEnds(t *testing.T) {
	if _, err := Assign(Listing{UIDNext: math.MaxUint32}, []Given{{"a", 1}}); err == nil {
		t.Error("a UID beyond the last")
	}
	known := Listing{UIDNext: math.MaxUint32, Entries: []Entry{{UID: 5, Size: 1, UniqueID: "a"}}}
	if _, err := Assign(known, []Given{{"a", 1}, {"b", 1}}); err == nil {
		t.Error("a UID beyond the last, behind one that is known")
	}
	if _, err := Assign(known, []Given{{"a", 1}}); err != nil {
		t.Error(err)
	}
}

// Over any history: a message that stays keeps its UID, and no UID is given twice.
func TestAssignOverTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var known Listing
		was := make(map[imap.UID]string)
		mine := make(map[string]imap.UID)
		var box []Given
		serial := 0
		for range rapid.IntRange(1, 8).Draw(rt, "sessions") {
			box = slices.DeleteFunc(box, func(Given) bool { return rapid.IntRange(0, 3).Draw(rt, "gone") == 0 })
			for range rapid.IntRange(0, 3).Draw(rt, "new") {
				serial++
				at := rapid.IntRange(0, len(box)).Draw(rt, "at")
				box = slices.Insert(box, at, Given{fmt.Sprint("id", serial), int64(serial)})
			}
			a, err := Assign(known, box)
			if err != nil {
				rt.Fatal(err)
			}
			for i, g := range box {
				uid := a.UIDs[i]
				if owner, ok := was[uid]; ok && owner != g.UniqueID {
					rt.Fatalf("UID %d was %s and is %s", uid, owner, g.UniqueID)
				}
				if before, ok := mine[g.UniqueID]; ok && before != uid {
					rt.Fatalf("%s had UID %d and has %d", g.UniqueID, before, uid)
				}
				was[uid], mine[g.UniqueID] = g.UniqueID, uid
			}
			drop, err := NewMaildrop(a.Listing, Known{UIDValidity: AssignedValidity}, Policy{})
			if err != nil {
				rt.Fatal(err)
			}
			var want []string
			for _, g := range box {
				want = append(want, g.UniqueID)
			}
			if got := uniqueIDs(drop); !slices.Equal(got, want) {
				rt.Fatalf("devices see %q, the server has %q", got, want)
			}
			known = a.Listing
		}
	})
}

// Two sessions that list at the same time must not give one UID to two messages.
func TestListingsAgree(t *testing.T) {
	base := assign(t, Listing{}, Given{"a", 1}, Given{"b", 2})
	theirs := assign(t, base.Listing, Given{"a", 1}, Given{"x", 3})
	for _, test := range []struct {
		mine []Given
		want bool
	}{
		{[]Given{{"a", 1}, {"b", 2}}, true},
		{[]Given{{"a", 1}, {"x", 3}}, true},
		{[]Given{{"a", 1}, {"x", 3}, {"y", 4}}, true},
		{[]Given{{"a", 1}, {"y", 4}}, false},
		{[]Given{{"y", 4}, {"x", 3}}, false},
	} {
		if got := theirs.Listing.Agrees(base.Listing, assign(t, base.Listing, test.mine...).Listing); got != test.want {
			t.Errorf("%v: %v", test.mine, got)
		}
	}
	gone := assign(t, theirs.Listing, Given{"a", 1}) // x came and went: UID 3 is used up
	if gone.Listing.Agrees(base.Listing, assign(t, base.Listing, Given{"a", 1}, Given{"y", 4}).Listing) {
		t.Error("a UID that was used meanwhile")
	}
}

// What an old server has sent is served as it was, however strange.
func TestStrangeUniqueIDsAreServedAsTheyAre(t *testing.T) {
	long := string(slices.Repeat([]byte("x"), 71))
	given := []Given{{"GmailId1", 1}, {long, 2}, {"two words", 3}, {"x", 4}, {"x", 5}}
	odd := Odd(given)
	if odd.Invalid != 2 || odd.Repeated != 1 || odd.Example != `"`+long+`"` {
		t.Errorf("%+v", odd)
	}
	if odd := Odd(given[:1]); odd != (Oddity{}) {
		t.Errorf("%+v", odd)
	}
	a := assign(t, Listing{}, given...)
	drop, err := NewMaildrop(a.Listing, Known{UIDValidity: AssignedValidity, Octets: map[imap.UID]int64{1: 99}}, Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if got := uniqueIDs(drop); !slices.Equal(got, []string{"GmailId1", long, "two words", "x", "x"}) {
		t.Errorf("%q", got)
	}
	if _, octets := drop.Stat(); octets != 15 {
		t.Errorf("%d octets: the old server's own figures are served", octets)
	}
	drop.Retrieved(1, 77)
	if f := drop.Facts(); len(f.Octets)+len(f.Pins) > 0 {
		t.Errorf("%+v", f)
	}
}

// Whatever may move up when another is gone is a twin.
func TestTwins(t *testing.T) {
	a, b := HeaderKey([]byte("a")), HeaderKey([]byte("b"))
	var entries []Entry
	for i, id := range append(ComputedIDs([]ContentKey{a, b, a}), "x", "y", "x", "z-2", "z") {
		entries = append(entries, Entry{UID: imap.UID(i + 1), UniqueID: id})
	}
	twins := Twins(entries)
	for uid, want := range map[imap.UID]bool{1: true, 2: false, 3: true, 4: true, 5: false, 6: true, 7: false, 8: false} {
		if twins[uid] != want {
			t.Errorf("UID %d, %q: %v", uid, entries[uid-1].UniqueID, twins[uid])
		}
	}
}

func TestComputedIDs(t *testing.T) {
	a, b := HeaderKey([]byte("a")), HeaderKey([]byte("b"))
	ids := ComputedIDs([]ContentKey{a, b, a, a})
	if !ValidUniqueID(ids[0]) || len(ids[0]) != 32 || ids[0] == ids[1] || ids[2] != ids[0]+"-2" || ids[3] != ids[0]+"-3" {
		t.Errorf("%q", ids)
	}
}
