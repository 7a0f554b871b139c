package translate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Order is in which order messages are numbered.
type Order uint8

// The orders of a maildrop.
const (
	// OrderOld is that of the server that an account has moved from, as far as it
	// is remembered; newer messages follow in order of UID.
	OrderOld Order = iota
	// OrderUID is that of UIDs.
	OrderUID
	// OrderArrival is that of INTERNALDATE.
	OrderArrival
	// OrderNewest is the reverse of OrderArrival.
	OrderNewest
)

var orderWords = []string{"old", "uid", "arrival", "newest"}

// String gives the operator's word.
func (o Order) String() string { return orderWords[o] }

// MarshalText gives the operator's word.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText takes one of old, uid, arrival, newest.
func (o *Order) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(o), string(text), orderWords)
}

// arranged gives entries, which are in order of UID, in the order in which
// devices see them. It shares them where that is the same.
func arranged(entries []Entry, remembered map[imap.UID]int) []Entry {
	place := func(e Entry) int {
		if e.Order != 0 {
			return e.Order
		}
		if n, ok := remembered[e.UID]; ok {
			return n
		}
		return math.MaxInt
	}
	byPlace := func(a, b Entry) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.UID, b.UID)) }
	if slices.IsSortedFunc(entries, byPlace) {
		return entries
	}
	return slices.SortedFunc(slices.Values(entries), byPlace)
}

// InOrder gives the messages of a listing in the order of an old server's list,
// where the listing says that this is another one than that of UIDs.
func (l Listing) InOrder() []Entry { return arranged(l.Entries, nil) }

// Ranks gives each message's place, from 1, in the order in which devices have
// seen them, where that is not the order of UIDs; nil where it is. The entries are
// in order of UID.
func Ranks(entries []Entry, remembered map[imap.UID]int) map[imap.UID]int {
	seen := arranged(entries, remembered)
	if len(seen) == 0 || &seen[0] == &entries[0] {
		return nil
	}
	ranks := make(map[imap.UID]int, len(seen))
	for i, e := range seen {
		ranks[e.UID] = i + 1
	}
	return ranks
}

// Places gives linked messages their places, from 1, under their new UIDs, where
// devices have seen them in another order than that of these; nil where not.
func Places(links []Link) map[imap.UID]int {
	seen := slices.SortedFunc(slices.Values(links), func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Old, b.Old))
	})
	if slices.IsSortedFunc(seen, func(a, b Link) int { return cmp.Compare(a.New, b.New) }) {
		return nil
	}
	places := make(map[imap.UID]int, len(seen))
	for i, l := range seen {
		places[l.New] = i + 1
	}
	return places
}

// inOrderOfUID reports an error where a listing contradicts itself.
func inOrderOfUID(entries []Entry) error {
	for i := 1; i < len(entries); i++ {
		if entries[i].UID <= entries[i-1].UID {
			return fmt.Errorf("upstream listed UID %d after UID %d", entries[i].UID, entries[i-1].UID)
		}
	}
	return nil
}
