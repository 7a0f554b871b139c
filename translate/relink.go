package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Unlinked is a message under its new UID, as Relink needs it.
type Unlinked struct {
	UID    imap.UID
	Octets int64
	Key    ContentKey // the zero key: not known
}

// identity is what two sightings of one message have in common.
type identity struct {
	key    ContentKey
	octets int64
}

// Relink finds remembered messages again under new UIDs, so that they keep
// their unique-ids. A pair has the same content key and the same octets, where
// these are known. Where several messages have both (twins: copies of one
// message, or a daily report without a Message-ID), they pair in order of UID,
// and only as many as there are on either side; none is paired twice. Messages
// without a key are not paired: a guess would hide new mail.
func Relink(old []Remembered, fresh []Unlinked) []Link {
	waiting := make(map[identity][]Remembered, len(old))
	old = slices.SortedFunc(slices.Values(old), func(a, b Remembered) int { return cmp.Compare(a.UID, b.UID) })
	for _, m := range old {
		if m.Key != (ContentKey{}) {
			id := identity{m.Key, m.Octets}
			waiting[id] = append(waiting[id], m)
		}
	}
	fresh = slices.SortedFunc(slices.Values(fresh), func(a, b Unlinked) int { return cmp.Compare(a.UID, b.UID) })
	var links []Link
	for _, m := range fresh {
		for _, id := range []identity{{m.Key, m.Octets}, {m.Key, 0}} {
			if twins := waiting[id]; len(twins) > 0 {
				links = append(links, Link{Old: twins[0].UID, New: m.UID, UniqueID: twins[0].UniqueID, Order: twins[0].Order})
				waiting[id] = twins[1:]
				break
			}
		}
	}
	return links
}

// Unlink makes what Relink needs of entries and the keys that are known.
func Unlink(entries []Entry, keys map[imap.UID]ContentKey) []Unlinked {
	fresh := make([]Unlinked, len(entries))
	for i, e := range entries {
		fresh[i] = Unlinked{UID: e.UID, Octets: e.Size, Key: keys[e.UID]}
	}
	return fresh
}
