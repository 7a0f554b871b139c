package translate_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"popbridge/translate"
)

func quiet() {}

func equal(a, b translate.Listing) bool {
	return a.UIDValidity == b.UIDValidity && a.UIDNext == b.UIDNext && a.HighestModSeq == b.HighestModSeq && slices.Equal(a.Entries, b.Entries)
}

// What was remembered, with the difference asked for, is what a full listing
// gives: always, whatever happened between the logins.
func TestAMergedListingEqualsAFullOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t)
		var known translate.Listing
		for range rapid.IntRange(2, 6).Draw(t, "logins") {
			before := slices.Clone(known.Entries)
			remembered := known
			got, _ := b.login(known, quiet)
			if want := b.full(b.selected()); !equal(got, want) {
				t.Fatalf("merged %+v\nfull   %+v", got, want)
			}
			if !slices.Equal(before, remembered.Entries) {
				t.Fatalf("the remembered listing was changed in place: %v, was %v", remembered.Entries, before)
			}
			known = got
			b.change(t)
			if rapid.IntRange(0, 5).Draw(t, "rebuilt at 0") == 0 {
				b.rebuild(t, known.UIDNext)
			}
		}
	})
}

// Where the mailbox changes while it is listed, no message that was there all
// the time is missing and none is shown as another; one quiet login later the
// listing is exact again.
func TestAListingThatRacesWithChangesHealsAtTheNextLogin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t)
		known, _ := b.login(translate.Listing{}, quiet)
		for range rapid.IntRange(1, 4).Draw(t, "logins") {
			b.change(t)
			atSelect := *b
			l, _ := b.login(known, func() { b.change(t) })
			for i, e := range l.Entries {
				if i > 0 && e.UID <= l.Entries[i-1].UID {
					t.Fatalf("UID %d behind %d in %v", e.UID, l.Entries[i-1].UID, l.Entries)
				}
				sized := func(was translate.Entry) bool { return was.UID == e.UID && was.Size != e.Size }
				if slices.ContainsFunc(atSelect.entries, sized) {
					t.Fatalf("%+v is not what the mailbox held: %v", e, atSelect.entries)
				}
			}
			for _, e := range atSelect.entries {
				shown := slices.ContainsFunc(l.Entries, func(s translate.Entry) bool { return s.UID == e.UID })
				if b.has(0)(e.UID) && !shown {
					t.Fatalf("UID %d was there all the time and is missing in %v", e.UID, l.Entries)
				}
			}
			if rapid.Bool().Draw(t, "changed again") {
				b.change(t)
			}
			known, _ = b.login(l, quiet)
			if want := b.full(b.selected()); !equal(known, want) {
				t.Fatalf("healed %+v\nfull   %+v", known, want)
			}
		}
	})
}

// A login after which nothing has to be asked is what makes polling cheap.
func TestNothingIsAskedWhereNothingChanged(t *testing.T) {
	known := translate.Listing{UIDValidity: 3, UIDNext: 10, HighestModSeq: 5, Entries: []translate.Entry{{UID: 4}, {UID: 9}}}
	now := translate.Selected{Messages: 2, UIDValidity: 3, UIDNext: 10, HighestModSeq: 5}
	for _, test := range []struct {
		name   string
		change func(*translate.Selected)
		want   translate.Relist
	}{
		{"nothing", func(*translate.Selected) {}, translate.Relist{}},
		{"flags", func(s *translate.Selected) { s.HighestModSeq = 6 }, translate.Relist{Flags: true}},
		{"no CONDSTORE", func(s *translate.Selected) { s.HighestModSeq = 0 }, translate.Relist{Flags: true}},
		{"an expunge", func(s *translate.Selected) { s.Messages, s.HighestModSeq = 1, 6 }, translate.Relist{Gone: true, Flags: true}},
		{"a delivery", func(s *translate.Selected) { s.Messages, s.UIDNext, s.HighestModSeq = 3, 11, 6 }, translate.Relist{From: 10, Flags: true}},
		{"no UIDNEXT", func(s *translate.Selected) { s.UIDNext = 0 }, translate.Relist{Full: true}},
		{"a lower UIDNEXT", func(s *translate.Selected) { s.UIDNext = 9 }, translate.Relist{Full: true}},
		{"a lower HIGHESTMODSEQ", func(s *translate.Selected) { s.HighestModSeq = 4 }, translate.Relist{Full: true}},
		{"another UIDVALIDITY", func(s *translate.Selected) { s.UIDValidity = 4 }, translate.Relist{Full: true}},
		{"more messages below UIDNEXT", func(s *translate.Selected) { s.Messages = 3 }, translate.Relist{Full: true}},
	} {
		s := now
		test.change(&s)
		if got := translate.NewRelist(known, s); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// A message that arrived after SELECT would make the sum wrong, and the whole
// mailbox would be listed for it.
func TestMergeLeavesWhatCameBehindSELECT(t *testing.T) {
	known := translate.Listing{UIDValidity: 3, UIDNext: 10, Entries: []translate.Entry{{UID: 4}}}
	added := []translate.Entry{{UID: 10}, {UID: 11}}
	got, certain := translate.Merge(known, translate.Selected{Messages: 2, UIDValidity: 3, UIDNext: 11}, added, nil)
	if !certain || len(got.Entries) != 2 || added[1].UID != 11 {
		t.Errorf("merged %+v, certain %v; added is %v now", got, certain, added)
	}
	if ask := translate.NewRelist(translate.Listing{UIDValidity: 3}, translate.Selected{UIDValidity: 3, UIDNext: 1}); !ask.Full {
		t.Errorf("a listing without UIDNEXT proves nothing, but %+v", ask)
	}
}
