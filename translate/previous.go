package translate

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// PreviousMailbox is what devices know of a maildrop that is to be served from another
// mailbox, or under another UIDVALIDITY, than it was.
type PreviousMailbox struct {
	// Messages are those that were listed there last, in order of UID.
	Messages []Remembered
	// Pairs are what a match has found out, Old being there; nil where there was
	// none, or not of these two.
	Pairs []Pair
	// Moved says that it is another mailbox, which the account has left, and not the same
	// one under another UIDVALIDITY.
	Moved bool
	// Several says that other mailboxes were shown there too.
	Several bool
}

// Place gives links the places of their messages among all that were there, which may lie
// in several mailboxes now. Where they did so before, the policy tells the places.
func (o PreviousMailbox) Place(links []Link) {
	if o.Several {
		for i := range links {
			links[i].Unplaced = true
		}
		return
	}
	seen := slices.SortedFunc(slices.Values(o.Messages), func(a, b Remembered) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.UID, b.UID))
	})
	at := make(map[imap.UID]int, len(seen))
	for i, m := range seen {
		at[m.UID] = i + 1
	}
	for i := range links {
		links[i].Place = at[links[i].Old]
	}
}

// Given links messages by what is sure without a look at them: a unique-id that the
// upstream itself gives, as an old POP3 server does when an account comes back to
// it, else the pair of a match. No message is linked twice. It also gives what is
// left: messages of the PreviousMailbox, and entries.
func (o PreviousMailbox) Given(entries []Entry) (links []Link, old []Remembered, fresh []Entry) {
	there := make(map[imap.UID]Entry, len(entries))
	byID := make(map[string][]imap.UID)
	for _, e := range entries {
		there[e.UID] = e
		if e.UniqueID != "" {
			byID[e.UniqueID] = append(byID[e.UniqueID], e.UID)
		}
	}
	matched := make(map[imap.UID]imap.UID, len(o.Pairs))
	for _, p := range o.Pairs {
		matched[p.Old] = p.New
	}
	linked := make(map[imap.UID]bool, len(o.Messages))
	link := func(m Remembered, uid imap.UID) bool {
		if _, ok := there[uid]; !ok || linked[uid] {
			return false
		}
		linked[uid] = true
		links = append(links, Link{Old: m.UID, New: uid, UniqueID: m.UniqueID, Order: m.Order})
		return true
	}
	for _, m := range o.Messages {
		if same := byID[m.UniqueID]; len(same) > 0 && link(m, same[0]) {
			byID[m.UniqueID] = same[1:]
			continue
		}
		old = append(old, m)
	}
	rest := old
	old = nil
	for _, m := range rest {
		// An upstream that names its messages itself has named this one otherwise.
		if e := there[matched[m.UID]]; e.UniqueID != "" && !isGmail(e.UniqueID) || !link(m, e.UID) {
			old = append(old, m)
		}
	}
	for _, e := range entries {
		if !linked[e.UID] {
			fresh = append(fresh, e)
		}
	}
	return links, old, fresh
}
