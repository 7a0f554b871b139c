package translate_test

import (
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// box is a model of a mailbox that changes between and during logins.
type box struct {
	validity  uint32
	next      imap.UID
	modSeq    uint64
	entries   []translate.Entry
	saysNext  bool // gives UIDNEXT in SELECT
	condStore bool // gives HIGHESTMODSEQ in SELECT
}

func drawBox(t *rapid.T) *box {
	b := &box{
		validity: 1, next: 1, modSeq: 1,
		saysNext:  rapid.IntRange(0, 4).Draw(t, "no UIDNEXT at 0") > 0,
		condStore: rapid.Bool().Draw(t, "CONDSTORE"),
	}
	b.deliver(t)
	return b
}

func (b *box) deliver(t *rapid.T) {
	for range rapid.IntRange(0, 4).Draw(t, "delivered") {
		b.next += imap.UID(rapid.IntRange(0, 2).Draw(t, "gap"))
		b.entries = append(b.entries, translate.Entry{UID: b.next, Size: rapid.Int64Range(0, 1<<40).Draw(t, "size")})
		b.next++
		b.modSeq++
	}
}

func (b *box) expunge(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "expunged") {
		if len(b.entries) == 0 {
			return
		}
		i := rapid.IntRange(0, len(b.entries)-1).Draw(t, "which")
		b.entries = slices.Delete(slices.Clone(b.entries), i, i+1)
		// A server that has no QRESYNC need not count this.
		b.modSeq += rapid.Uint64Range(0, 1).Draw(t, "counted")
	}
}

func (b *box) flag(t *rapid.T) {
	if len(b.entries) == 0 {
		return
	}
	i := rapid.IntRange(0, len(b.entries)-1).Draw(t, "flagged")
	b.entries = slices.Clone(b.entries)
	b.entries[i].Flags ^= translate.EntryFlags(rapid.IntRange(1, 3).Draw(t, "flags"))
	b.modSeq++
}

// rebuild is a mailbox made anew: another UIDVALIDITY, or a backup with the old
// one, whose UIDNEXT is lower than what was remembered.
func (b *box) rebuild(t *rapid.T, remembered imap.UID) {
	if backup := min(b.next, remembered) / 2; rapid.Bool().Draw(t, "from a backup") && backup > 0 {
		b.next = backup
		b.entries = slices.Clone(translate.Below(b.entries, b.next))
		for i := range b.entries {
			b.entries[i].Size++
		}
		return
	}
	*b = box{validity: b.validity + 1, next: 1, modSeq: 1, saysNext: b.saysNext, condStore: b.condStore}
	b.deliver(t)
}

func (b *box) change(t *rapid.T) {
	changes := []func(*rapid.T){b.deliver, b.expunge, b.flag}
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		rapid.SampledFrom(changes).Draw(t, "change")(t)
	}
}

func (b *box) selected() translate.Selected {
	s := translate.Selected{Messages: uint32(len(b.entries)), UIDValidity: b.validity}
	if b.saysNext {
		s.UIDNext = b.next
	}
	if b.condStore {
		s.HighestModSeq = b.modSeq
	}
	return s
}

// from is UID FETCH uid:*, which gives the last message even where it is older.
func (b *box) from(uid imap.UID) (found []translate.Entry) {
	for _, e := range b.entries {
		if e.UID >= uid {
			found = append(found, e)
		}
	}
	return found
}

func (b *box) has(flag translate.EntryFlags) func(imap.UID) bool {
	return func(uid imap.UID) bool {
		return slices.ContainsFunc(b.entries, func(e translate.Entry) bool { return e.UID == uid && (flag == 0 || e.Flags&flag != 0) })
	}
}

// full is what a listing of every message gives.
func (b *box) full(now translate.Selected) translate.Listing {
	return translate.Listing{
		UIDValidity: now.UIDValidity, UIDNext: now.UIDNext, HighestModSeq: now.HighestModSeq,
		Entries: slices.Clone(translate.Below(b.entries, now.UIDNext)),
	}
}

// login lists the box as a session does, asking only what Relist says. Between
// one answer and the next the box may change: pause does that.
func (b *box) login(known translate.Listing, pause func()) (l translate.Listing, full bool) {
	now := b.selected()
	pause()
	ask := translate.NewRelist(known, now)
	if ask.Full {
		return b.full(now), true
	}
	var added []translate.Entry
	if ask.From != 0 {
		added = b.from(ask.From)
		pause()
	}
	l, certain := translate.Merge(known, now, added, nil)
	if ask.Gone || !certain {
		left := *b
		pause()
		if l, certain = translate.Merge(known, now, added, left.has(0)); !certain {
			return b.full(now), true
		}
	}
	if ask.Flags {
		l = l.WithFlags(b.has(translate.FlagDeleted), b.has(translate.FlagPOP3Deleted))
	}
	return l, false
}

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

// A message that arrived behind SELECT would make the sum wrong, and the whole
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
