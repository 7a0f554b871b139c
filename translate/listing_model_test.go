package translate_test

import (
	"slices"

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

// rebuild is a mailbox made again: another UIDVALIDITY, or a backup with the old
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
