package translate

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"
)

// AssignedValidity is the UIDVALIDITY of UIDs that Assign gives: they are never
// given again.
const AssignedValidity = 1

// Given is a message as an old POP3 server lists it, with a unique-id that is not
// empty.
type Given struct {
	UniqueID string
	Octets   int64
}

// Assigned is what Assign makes of an old server's list.
type Assigned struct {
	Listing Listing
	// UIDs are those of the messages, in the server's order.
	UIDs []imap.UID
	// Same says that the list is what is known, message by message.
	Same bool
	// Renamed says that no message has the unique-id that it had, although there
	// are as many, of the same octets: the server has named them differently.
	Renamed bool
}

// errTooManyUIDs is out of reach for a mailbox that people use.
var errTooManyUIDs = errors.New("there is no UID left for a new message")

// Assign gives UIDs to the messages of an old POP3 server, which has none: a
// unique-id that is known keeps its UID, a new one gets the next, in the server's
// order, and none is ever given twice. Repeated unique-ids are told apart by their
// octets, and pair in order where these are the same too. Where the server's order
// is not that of the UIDs, Entry.Order says which it is. An old server has no flags:
// those that are known stay, of messages that were deleted while the account was
// elsewhere.
func Assign(known Listing, now []Given) (Assigned, error) {
	if known.heads(now) {
		return known.extend(now)
	}
	next := max(known.UIDNext, 1)
	waiting := make(map[string][]Entry, len(known.Entries))
	for _, e := range known.Entries {
		waiting[e.UniqueID] = append(waiting[e.UniqueID], e)
		next = max(next, e.UID+1)
	}
	a := Assigned{UIDs: make([]imap.UID, len(now))}
	entries := make([]Entry, len(now))
	flags := make([]EntryFlags, len(now))
	found := 0
	for _, sameOctets := range []bool{true, false} {
		for i, g := range now {
			if a.UIDs[i] != 0 {
				continue
			}
			twins := waiting[g.UniqueID]
			at := slices.IndexFunc(twins, func(e Entry) bool { return !sameOctets || e.Size == g.Octets })
			if at < 0 {
				continue
			}
			a.UIDs[i], flags[i] = twins[at].UID, twins[at].Flags
			waiting[g.UniqueID] = slices.Delete(slices.Clone(twins), at, at+1)
			found++
		}
	}
	ascending := true
	for i, g := range now {
		if a.UIDs[i] == 0 {
			if next == math.MaxUint32 {
				return Assigned{}, errTooManyUIDs
			}
			a.UIDs[i] = next
			next++
		}
		ascending = ascending && (i == 0 || a.UIDs[i-1] < a.UIDs[i])
		entries[i] = Entry{UID: a.UIDs[i], Flags: flags[i], Size: g.Octets, UniqueID: g.UniqueID}
	}
	a.Renamed = found == 0 && len(now) > 1 && slices.EqualFunc(known.Entries, now, func(e Entry, g Given) bool { return e.Size == g.Octets })
	if !ascending {
		for i := range entries {
			entries[i].Order = i + 1
		}
		slices.SortFunc(entries, func(a, b Entry) int { return int(int64(a.UID) - int64(b.UID)) })
	}
	a.Listing = Listing{UIDValidity: AssignedValidity, UIDNext: next, Assigned: true, Revision: known.Revision, Entries: entries}
	return a, nil
}

// Withdrawn reports whether a message of an old server is shown to nobody, since it
// was deleted while the account was elsewhere. It has no counterpart any more: a twin
// of it must not take its place.
func (e Entry) Withdrawn() bool {
	return e.UniqueID != "" && !isGmail(e.UniqueID) && e.Flags&FlagPOP3Deleted != 0
}

// heads reports whether a list begins with all that is known, in its order, as it
// does at most polls.
func (l Listing) heads(now []Given) bool {
	if len(l.Entries) == 0 || len(now) < len(l.Entries) {
		return false
	}
	for i, e := range l.Entries {
		if e.UniqueID != now[i].UniqueID || e.Size != now[i].Octets || e.Order != 0 {
			return false
		}
	}
	return true
}

// extend is Assign for such a list. The entries are shared where there is nothing
// new.
func (l Listing) extend(now []Given) (Assigned, error) {
	next := max(l.UIDNext, l.Entries[len(l.Entries)-1].UID+1)
	if len(now)-len(l.Entries) > int(math.MaxUint32-next) {
		return Assigned{}, errTooManyUIDs
	}
	a := Assigned{UIDs: make([]imap.UID, len(now)), Same: len(now) == len(l.Entries)}
	entries := slices.Clip(l.Entries)
	for i := range now {
		if i >= len(l.Entries) {
			entries = append(entries, Entry{UID: next, Size: now[i].Octets, UniqueID: now[i].UniqueID})
			next++
		}
		a.UIDs[i] = entries[i].UID
	}
	a.Listing = Listing{UIDValidity: AssignedValidity, UIDNext: next, Assigned: true, Revision: l.Revision, Entries: entries}
	return a, nil
}

// Agrees reports whether a listing that was made of base gives new messages the
// UIDs that l, which another session has made of base meanwhile, gives them. Where
// it does not, one of the two must begin again.
func (l Listing) Agrees(base, other Listing) bool {
	for _, e := range other.Entries {
		if e.UID < base.UIDNext || e.UID >= l.UIDNext {
			continue
		}
		i, ok := slices.BinarySearchFunc(l.Entries, e.UID, func(e Entry, uid imap.UID) int { return int(int64(e.UID) - int64(uid)) })
		if !ok || l.Entries[i].UniqueID != e.UniqueID {
			return false
		}
	}
	return true
}

// Oddity is what is strange about the unique-ids of an old server. They are
// served as they are, since devices have seen them so.
type Oddity struct {
	// Invalid counts those that RFC 1939 §7 forbids, Repeated those that a message
	// before has already.
	Invalid, Repeated int
	// Example is one of them, quoted, or its beginning.
	Example string
}

// maxExample is how many octets of a strange unique-id a log is told.
const maxExample = 128

// Odd looks for strange unique-ids.
func Odd(list []Given) (o Oddity) {
	seen := make(map[string]struct{}, len(list))
	for _, g := range list {
		_, twice := seen[g.UniqueID]
		invalid := !ValidUniqueID(g.UniqueID)
		if twice {
			o.Repeated++
		}
		if invalid {
			o.Invalid++
		}
		if (twice || invalid) && o.Example == "" {
			o.Example = strconv.QuoteToASCII(g.UniqueID[:min(len(g.UniqueID), maxExample)])
		}
		seen[g.UniqueID] = struct{}{}
	}
	return o
}

// Twins gives the messages whose unique-ids do not tell them from others for good:
// those that are repeated, and computed ones of messages with one header. When one
// of them is gone another may stand in its place, so that what was meant for it
// must not be done later.
func Twins(entries []Entry) map[imap.UID]bool {
	first := make(map[string]imap.UID, len(entries))
	twins := make(map[imap.UID]bool)
	for _, e := range entries {
		id := e.UniqueID
		if len(id) > computedLength && id[computedLength] == '-' {
			id = id[:computedLength]
		}
		if uid, ok := first[id]; ok {
			twins[uid], twins[e.UID] = true, true
			continue
		}
		first[id] = e.UID
	}
	return twins
}

// computedLength is that of a computed unique-id, without the number of a twin.
const computedLength = 2 * len(ContentKey{})

// ComputedIDs makes unique-ids for messages of a server that has none: 32
// hexadecimal digits of the header's content key. Messages with one header are
// told apart by a number in the server's order, so that what is left of them after
// a deletion moves up. keys are in the server's order.
func ComputedIDs(keys []ContentKey) []string {
	ids := make([]string, len(keys))
	times := make(map[ContentKey]int, len(keys))
	for i, key := range keys {
		var text []byte
		for _, b := range key {
			text = append(text, hexDigits[b>>4], hexDigits[b&15])
		}
		if times[key]++; times[key] > 1 {
			text = strconv.AppendInt(append(text, '-'), int64(times[key]), 10)
		}
		ids[i] = string(text)
	}
	return ids
}
