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
)

var orderWords = []string{"old", "uid"}

// String gives the operator's word.
func (o Order) String() string { return orderWords[o] }

// MarshalText gives the operator's word.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText takes one of old, uid.
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

// Ranks gives each message's place, from 1, in the order in which devices have
// seen them. The entries are in order of UID.
func Ranks(entries []Entry, remembered map[imap.UID]int) map[imap.UID]int {
	ranks := make(map[imap.UID]int, len(entries))
	for i, e := range arranged(entries, remembered) {
		ranks[e.UID] = i + 1
	}
	return ranks
}

// Reordered reports whether the messages that are linked were seen in another
// order than that of their new UIDs.
func Reordered(links []Link) bool {
	byUID := func(a, b Link) int { return cmp.Compare(a.New, b.New) }
	inOrder := slices.SortedFunc(slices.Values(links), byUID)
	return !slices.IsSortedFunc(inOrder, func(a, b Link) int { return cmp.Compare(a.Order, b.Order) })
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
