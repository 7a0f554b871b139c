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
	// OrderArrival is by INTERNALDATE, behind what is remembered of the server that
	// an account has moved from.
	OrderArrival
	// OrderNewest is the reverse of OrderArrival.
	OrderNewest
)

var orderWords = []string{"old", "uid", "arrival", "newest"}

// Dated reports whether messages are numbered by when they were received, so that the
// server has to say it.
func (o Order) Dated() bool { return o >= OrderArrival }

// String gives the operator's word.
func (o Order) String() string { return orderWords[o] }

// MarshalText gives the operator's word.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText takes one of old, uid, arrival, newest.
func (o *Order) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(o), string(text), orderWords)
}

// arrange gives entries, which are in order of UID, in the order of the policy, and
// leaves out the older ones where there are more than it wants. It shares them where
// that changes nothing.
func (m *Maildrop) arrange(entries []Entry, all traits) []Entry {
	order, most := m.policy.Order, m.policy.MaxMessages
	switch {
	case (order == OrderOld || m.assigned) && !all.placed && len(m.known.Order) == 0:
		// Nothing has another place than that of its UID.
	case order == OrderOld || m.assigned:
		entries = arranged(entries, m.known.Order)
	case order.Dated():
		entries = byArrival(entries, m.known.Order)
	}
	if most > 0 && len(entries) > most {
		m.leftOut.Old += len(entries) - most
		entries = entries[len(entries)-most:]
	}
	if order == OrderNewest {
		entries = slices.Clone(entries)
		slices.Reverse(entries)
	}
	return entries
}

// byArrival gives entries, which are in order of UID, by when they were received, behind
// those that have a place on the server that the account has moved from.
func byArrival(entries []Entry, remembered map[imap.UID]int) []Entry {
	at := moments(entries)
	return slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(place(a, remembered), place(b, remembered)), cmp.Compare(at[a.UID], at[b.UID]), cmp.Compare(a.UID, b.UID))
	})
}

// moments gives when messages were received, in order of UID. One of which the server
// does not say it counts as received with the one before it.
func moments(entries []Entry) map[imap.UID]int64 {
	at := make(map[imap.UID]int64, len(entries))
	last := int64(0)
	for _, e := range entries {
		if e.Received != 0 {
			last = e.Received
		}
		at[e.UID] = last
	}
	return at
}

// place is where devices have seen a message on the server that its account has moved
// from; behind all others where that is not known.
func place(e Entry, remembered map[imap.UID]int) int {
	if e.Order != 0 {
		return e.Order
	}
	if n, ok := remembered[e.UID]; ok {
		return n
	}
	return math.MaxInt
}

// arranged gives entries, which are in order of UID, in the order in which
// devices see them. It shares them where that is the same.
func arranged(entries []Entry, remembered map[imap.UID]int) []Entry {
	byPlace := func(a, b Entry) int {
		return cmp.Or(cmp.Compare(place(a, remembered), place(b, remembered)), cmp.Compare(a.UID, b.UID))
	}
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
// devices have seen them in another order than that of these; nil where not. A Place
// among the messages of several mailboxes is kept as it is, and those that are Unplaced
// get none.
func Places(links []Link) map[imap.UID]int {
	among := make(map[imap.UID]int)
	for _, l := range links {
		if l.Unplaced {
			return nil
		}
		if l.Place != 0 {
			among[l.New] = l.Place
		}
	}
	if len(among) > 0 {
		return among
	}
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
