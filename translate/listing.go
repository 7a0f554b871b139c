package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// KeywordDeleted is the keyword that on_delete = "flag" sets: the message stays
// in the mailbox, and no POP3 device sees it again.
const KeywordDeleted imap.Flag = "$POP3Deleted"

// EntryFlags are the few flags of a message that decide what a device sees.
type EntryFlags uint8

// The flags that an Entry keeps.
const (
	// FlagDeleted is \Deleted: somebody else is about to expunge the message.
	FlagDeleted EntryFlags = 1 << iota
	// FlagPOP3Deleted is KeywordDeleted.
	FlagPOP3Deleted
	// FlagLeftOut is no flag of the server's: it counts or names the message, and
	// does not tell what a device has to know. It is remembered and not shown.
	FlagLeftOut

	// unseen is what keeps a message from devices.
	unseen = FlagDeleted | FlagPOP3Deleted | FlagLeftOut
)

// Shown reports whether devices may see a message with these flags.
func (f EntryFlags) Shown() bool { return f&unseen == 0 }

// Entry is one message as the upstream lists it.
type Entry struct {
	UID   imap.UID
	Flags EntryFlags
	// Size is the upstream's RFC822.SIZE in octets; it may be an estimate.
	Size int64
	// UniqueID is given where the upstream itself has one (an old POP3 server,
	// X-GM-MSGID) and served as it is; empty: the Format computes it.
	UniqueID string
	// Order is the message's place, from 1, where the upstream's order is not that
	// of UIDs (an old POP3 server); 0: the order of UIDs.
	Order int
	// Received is the INTERNALDATE in seconds since 1970, 0 where nobody has asked,
	// ReceivedNotSaid where the server does not say. No server changes it under a UID
	// (RFC 9051 §2.3.3).
	Received int64
	// Same is the same number for the copies of one message that have one EMAILID or
	// X-GM-MSGID; 0: the server has none, or nobody has asked.
	Same uint64
}

// ReceivedNotSaid stands for a date that the server does not tell: it is not asked for
// again.
const ReceivedNotSaid = 1

// Listing is what a mailbox holds at one moment, in ascending order of UID. The
// entries are shared between sessions and never changed in place.
type Listing struct {
	UIDValidity uint32
	// UIDNext is what SELECT said before the listing, so every Entry lies below
	// it; 0 means that the server did not say, and nothing can be proved by it.
	UIDNext imap.UID
	// HighestModSeq is the server's (RFC 7162), 0 where there is none.
	HighestModSeq uint64
	// Assigned says that the UIDs are ours (see Assign): the messages are an old
	// POP3 server's, which names them by UniqueID, whatever its form.
	Assigned bool
	// Revision is that of what the ledger held before the mailbox was asked, 0 for
	// nothing: what was recorded under another one since may be newer than this.
	Revision int64
	Entries  []Entry

	traits *traits // nil, or of other entries: not known; see survey
}

// Selected is what the answer to SELECT says about a mailbox.
type Selected struct {
	Messages      uint32
	UIDValidity   uint32
	UIDNext       imap.UID
	HighestModSeq uint64
}

// Relist says what has to be asked so that a remembered Listing becomes a
// current one. The zero Relist asks nothing: the mailbox is as it was.
type Relist struct {
	// Full asks for every message; nothing remembered can be used.
	Full bool
	// From, where not 0, is the first UID that may be new. N:* always matches
	// the last message (RFC 9051 §9), so answers below From are dropped.
	From imap.UID
	// Gone asks for the UIDs that are left, where new messages alone do not
	// explain the count. It can be known for certain only after From.
	Gone bool
	// Flags asks which messages carry \Deleted or KeywordDeleted now.
	Flags bool
}

// NewRelist compares what is remembered with what SELECT says. UIDVALIDITY,
// UIDNEXT and the number of messages as they were prove that the mailbox holds
// the same messages (RFC 9051 §2.3.1.1); a lower UIDNEXT or HIGHESTMODSEQ means
// that it was rebuilt. Flags have no such proof but HIGHESTMODSEQ.
func NewRelist(known Listing, now Selected) Relist {
	count := uint32(len(known.Entries))
	switch {
	case known.UIDValidity != now.UIDValidity,
		known.UIDNext == 0, now.UIDNext == 0,
		now.UIDNext < known.UIDNext,
		now.HighestModSeq != 0 && now.HighestModSeq < known.HighestModSeq,
		now.UIDNext == known.UIDNext && now.Messages > count:
		return Relist{Full: true}
	}
	r := Relist{Flags: now.HighestModSeq == 0 || now.HighestModSeq != known.HighestModSeq}
	if now.UIDNext > known.UIDNext {
		r.From = known.UIDNext
	} else {
		r.Gone = now.Messages < count
	}
	if count == 0 {
		r.Flags = false
	}
	return r
}

// Merge makes the current Listing: known entries that are still there, then the
// new ones below now.UIDNext. A nil left keeps every known entry. It returns
// false where the sum contradicts the number of messages that SELECT gave, so
// that what is known cannot be trusted.
func Merge(known Listing, now Selected, added []Entry, left func(imap.UID) bool) (Listing, bool) {
	merged := Listing{UIDValidity: now.UIDValidity, UIDNext: now.UIDNext, HighestModSeq: now.HighestModSeq}
	added = Below(added, now.UIDNext)
	switch {
	case left == nil && len(added) == 0:
		merged.Entries = known.Entries
	default:
		merged.Entries = make([]Entry, 0, len(known.Entries)+len(added))
		for _, e := range known.Entries {
			if left == nil || left(e.UID) {
				merged.Entries = append(merged.Entries, e)
			}
		}
		merged.Entries = append(merged.Entries, added...)
	}
	return merged, uint32(len(merged.Entries)) == now.Messages
}

// Below keeps the entries below next: a message that arrived between SELECT and
// the listing is left for the next session, or the count would prove nothing.
// A next of 0 keeps all. The entries are in ascending order of UID and are not
// changed, so that a caller may merge them a second time.
func Below(entries []Entry, next imap.UID) []Entry {
	if next == 0 {
		return entries
	}
	end, _ := slices.BinarySearchFunc(entries, next, func(e Entry, uid imap.UID) int { return cmp.Compare(e.UID, uid) })
	return entries[:end:end]
}

// WithFlags gives the listing with its flags replaced by what a search found.
func (l Listing) WithFlags(deleted, pop3Deleted func(imap.UID) bool) Listing {
	copied := false
	for i, e := range l.Entries {
		flags := e.Flags & FlagLeftOut
		if deleted(e.UID) {
			flags |= FlagDeleted
		}
		if pop3Deleted(e.UID) {
			flags |= FlagPOP3Deleted
		}
		if flags == e.Flags {
			continue
		}
		if !copied {
			l.Entries = slices.Clone(l.Entries)
			copied = true
		}
		l.Entries[i].Flags = flags
	}
	return l
}

// Shows reports whether two listings hold the same messages with the same flags;
// their octets may differ.
func (l Listing) Shows(other Listing) bool {
	if l.UIDValidity != other.UIDValidity || l.UIDNext != other.UIDNext || l.HighestModSeq != other.HighestModSeq {
		return false
	}
	return l.shares(other) || slices.EqualFunc(l.Entries, other.Entries, func(a, b Entry) bool { return a.UID == b.UID && a.Flags == b.Flags })
}

// Difference gives the UIDs that are in before and not in now, and the entries
// that are in now and not in before. Listings under different UIDVALIDITYs have
// nothing to compare.
func Difference(before, now Listing) (gone []imap.UID, added []Entry) {
	if before.UIDValidity != now.UIDValidity || before.shares(now) {
		return nil, nil
	}
	i, j := 0, 0
	for i < len(before.Entries) || j < len(now.Entries) {
		switch {
		case j == len(now.Entries) || i < len(before.Entries) && before.Entries[i].UID < now.Entries[j].UID:
			gone = append(gone, before.Entries[i].UID)
			i++
		case i == len(before.Entries) || now.Entries[j].UID < before.Entries[i].UID:
			added = append(added, now.Entries[j])
			j++
		default:
			i++
			j++
		}
	}
	return gone, added
}

// EntriesOf gives those of some messages that a listing holds.
func EntriesOf(l Listing, uids []imap.UID) (entries []Entry) {
	for _, uid := range uids {
		i, ok := slices.BinarySearchFunc(l.Entries, uid, func(e Entry, uid imap.UID) int { return cmp.Compare(e.UID, uid) })
		if ok {
			entries = append(entries, l.Entries[i])
		}
	}
	return entries
}

// Without gives the UIDs of the entries that are not in a set.
func Without(entries []Entry, set imap.UIDSet) imap.UIDSet {
	in := Member(set)
	var rest imap.UIDSet
	for _, e := range entries {
		if !in(e.UID) {
			rest = appendUID(rest, e.UID)
		}
	}
	return rest
}

// appendUID adds a UID that is greater than all in the set.
func appendUID(set imap.UIDSet, uid imap.UID) imap.UIDSet {
	if n := len(set); n > 0 && set[n-1].Stop+1 == uid {
		set[n-1].Stop = uid
		return set
	}
	return append(set, imap.UIDRange{Start: uid, Stop: uid})
}
