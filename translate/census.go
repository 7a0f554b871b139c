package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Census is what is known of a mailbox whose listing fell short of what its server
// counts, was refused, or was damaged. A device takes what is not listed for
// deleted, forgets it, and retrieves it again when it comes back: so nothing is
// left out that the server names in any way, and nothing is forgotten because a
// server did not mention it.
type Census struct {
	// Known is what was listed before.
	Known Listing
	Now   Selected
	// Rows are the messages that the server has told all of, in order of UID.
	Rows []Entry
	// Torn are messages of which it has told something, but not the size.
	Torn map[imap.UID]EntryFlags
	// Found is what SEARCH names.
	Found imap.UIDSet
	// Exists is how many messages the server counts by now, Arrived how many have
	// come since SELECT.
	Exists, Arrived uint32
}

// Shortfall is what is strange about a listing.
type Shortfall struct {
	Unsized imap.UIDSet // listed with 0 octets, since the server does not tell how many
	LeftOut imap.UIDSet // named by the server, or known from before, and not shown
	Unnamed int         // counted by EXISTS and named by nothing
	UIDNext imap.UID    // UIDNEXT as the server said it, where messages from there on were there already; 0: it was right
}

// Strange reports whether there is anything to tell.
func (s Shortfall) Strange() bool {
	return len(s.Unsized) > 0 || len(s.LeftOut) > 0 || s.Unnamed > 0 || s.UIDNext != 0
}

// Messages counts them.
func (s Shortfall) Messages() int {
	return len(Members(s.Unsized)) + len(Members(s.LeftOut)) + s.Unnamed
}

// Short reports whether entries, below UIDNEXT, are fewer than the server counted
// when the mailbox was selected and still counts.
func Short(entries []Entry, now Selected, exists uint32) bool {
	return len(Below(entries, now.UIDNext)) < int(min(now.Messages, exists))
}

// Search takes what SEARCH names, unless that is more than the server counts and
// than was known: then its word is worth nothing.
func (c *Census) Search(found imap.UIDSet) {
	count := uint64(0)
	for _, r := range found {
		if r.Start == 0 || r.Stop < r.Start {
			return
		}
		count += uint64(r.Stop-r.Start) + 1
	}
	if count <= uint64(max(int(c.Exists), int(c.Now.Messages), len(c.known()))) {
		c.Found = found
	}
}

// fewBad is how many messages may be all that a mailbox holds, and all be bad. Where a
// server tells of none of more than that, it is the server.
const fewBad = 3

// Silent reports whether the server counts messages and tells of none. A few messages that
// it names, and tells nothing of, may be bad: that is no reason to refuse their mailbox.
func (c Census) Silent() bool {
	count := min(c.Now.Messages, c.Exists)
	if count == 0 || len(c.Rows) > 0 || len(c.Torn) > 0 {
		return false
	}
	named := Members(c.Found)
	for _, uid := range named {
		if e, known := entryOf(c.known(), uid); known && e.Flags&FlagLeftOut == 0 {
			return false
		}
	}
	return count > fewBad || int(count) != len(named)
}

// Gap is what has to be asked for again: messages that SEARCH names, of which there
// is no row, and which were not listed before either.
func (c Census) Gap() imap.UIDSet {
	var gap imap.UIDSet
	for _, uid := range Members(c.Found) {
		if _, listed := entryOf(c.Rows, uid); listed {
			continue
		}
		if e, known := entryOf(c.known(), uid); !known || e.Flags&FlagLeftOut != 0 {
			gap = appendUID(gap, uid)
		}
	}
	return gap
}

// known is what still means the same messages.
func (c Census) known() []Entry {
	k := c.Known
	if k.UIDValidity != c.Now.UIDValidity || c.Now.UIDNext != 0 && c.Now.UIDNext < k.UIDNext {
		return nil
	}
	return k.Entries
}

// Listing is the best that can be made of it. A message that the server names and
// tells nothing of keeps what was known of it; else, as long as it tells its UID
// and no size, it has 0 octets; else it is remembered, and not shown. What was
// known and is not named any more stays, not shown, as long as the server counts
// more than it names: but a message that has been counted so before may go where
// there are more of them than that.
func (c Census) Listing() (Listing, Shortfall) {
	l := Listing{UIDValidity: c.Now.UIDValidity, UIDNext: c.Now.UIDNext, HighestModSeq: c.Now.HighestModSeq, Entries: slices.Clone(c.Rows)}
	var s Shortfall
	for uid, flags := range c.Torn {
		if _, listed := entryOf(c.Rows, uid); listed {
			continue
		}
		e, known := entryOf(c.known(), uid)
		if !known || e.Flags&FlagLeftOut != 0 {
			e = Entry{UID: uid}
			s.Unsized = append(s.Unsized, imap.UIDRange{Start: uid, Stop: uid})
		}
		e.Flags = flags
		l.Entries = append(l.Entries, e)
	}
	for _, uid := range Members(c.Found) {
		_, listed := entryOf(c.Rows, uid)
		if _, torn := c.Torn[uid]; listed || torn {
			continue
		}
		e, known := entryOf(c.known(), uid)
		if !known {
			e = Entry{UID: uid, Flags: FlagLeftOut}
		}
		l.Entries = append(l.Entries, e)
	}
	l.Entries = inOrder(l.Entries)
	c.settleUIDNext(&l, &s)
	c.keep(&l, &s)
	for _, e := range l.Entries {
		if e.Flags&FlagLeftOut != 0 {
			s.LeftOut = appendUID(s.LeftOut, e.UID)
		}
	}
	s.Unsized = sortedSet(s.Unsized)
	return l, s
}

// settleUIDNext leaves what came since SELECT to the next session, as ever. A
// UIDNEXT below messages that have not come since proves nothing, and hides
// nothing.
func (c Census) settleUIDNext(l *Listing, s *Shortfall) {
	below := Below(l.Entries, l.UIDNext)
	if above := len(l.Entries) - len(below); above > int(c.Arrived) && Short(below, c.Now, c.Exists) {
		s.UIDNext, l.UIDNext = l.UIDNext, 0
		return
	}
	l.Entries = below
}

// keep remembers what was known before where the server counts more than it names.
func (c Census) keep(l *Listing, s *Shortfall) {
	s.Unnamed = max(0, int(min(c.Now.Messages, c.Exists))-len(l.Entries))
	if s.Unnamed == 0 {
		return
	}
	var lost []Entry
	for _, e := range c.known() {
		if _, listed := entryOf(l.Entries, e.UID); !listed && (l.UIDNext == 0 || e.UID < l.UIDNext) {
			lost = append(lost, e)
		}
	}
	if len(lost) > s.Unnamed {
		lost = slices.DeleteFunc(lost, func(e Entry) bool { return e.Flags&FlagLeftOut != 0 })
	}
	for _, e := range lost {
		e.Flags |= FlagLeftOut
		l.Entries = append(l.Entries, e)
	}
	l.Entries = inOrder(l.Entries)
}

// LeftOut gives the messages of a listing that are remembered and not shown.
func (l Listing) LeftOut() imap.UIDSet {
	var set imap.UIDSet
	if l.traits != nil && l.survey().flags&FlagLeftOut == 0 {
		return nil
	}
	for _, e := range l.Entries {
		if e.Flags&FlagLeftOut != 0 {
			set = appendUID(set, e.UID)
		}
	}
	return set
}

// With gives the listing with some of its entries replaced by what is known better
// of them.
func (l Listing) With(better []Entry) Listing {
	l.Entries = inOrder(append(slices.Clone(better), l.Entries...))
	return l
}

func entryOf(entries []Entry, uid imap.UID) (Entry, bool) {
	i, found := slices.BinarySearchFunc(entries, uid, func(e Entry, uid imap.UID) int { return cmp.Compare(e.UID, uid) })
	if !found {
		return Entry{}, false
	}
	return entries[i], true
}

func inOrder(entries []Entry) []Entry {
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.UID, b.UID) })
	return slices.CompactFunc(entries, func(a, b Entry) bool { return a.UID == b.UID })
}

func sortedSet(set imap.UIDSet) imap.UIDSet {
	slices.SortFunc(set, func(a, b imap.UIDRange) int { return cmp.Compare(a.Start, b.Start) })
	return set
}
