package imapbox

import (
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// proof is what a connection knew of its selected mailbox before it selected others: that
// it held what was listed.
type proof struct {
	name     string
	selected *imap.Selected
	listing  translate.Listing
	exists   uint32
}

// proof gives it; nil where the server has told of changes, or nothing was listed.
func (c *connection) proof() *proof {
	if c.selected == nil || !c.current() {
		return nil
	}
	return &proof{c.name, c.selected, c.listing, c.wire.Changes().Exists}
}

// leave forgets which mailbox is selected: others are about to be.
func (c *connection) leave() {
	c.selected, c.expungesSeen = nil, 0
	c.changed()
}

// flagged searches for the messages with one of the flags that matter.
func flagged() *imap.Criteria {
	var c imap.Criteria
	for _, word := range []string{"OR", "DELETED", "KEYWORD", string(translate.KeywordDeleted)} {
		c.Word(word)
	}
	return &c
}

// proved reports whether a mailbox is proved to hold what is known of it, flags included.
func (m *Mailbox) proved(known translate.Listing) (bool, error) {
	p := m.proof
	if m.proof = nil; p == nil || m.validity != 0 || !known.Shows(p.listing) {
		return false, nil
	}
	if err := m.accept(p.selected); err != nil {
		return false, err
	}
	return m.holds(known, p.selected, p.exists), nil
}

// sameFlags reports whether a visit has found the flags that are known, where these leave
// no doubt: which of the two flags a message has, it does not tell.
func (m *Mailbox) sameFlags(known translate.Listing, v *imap.Selected) bool {
	if v == nil || v.Found == nil || v.UIDValidity != known.UIDValidity || int(v.Messages) != len(known.Entries) {
		return false
	}
	if len(*v.Found) > 0 && m.req.Maildrop.StruckOut == translate.StruckOutShow {
		return false
	}
	var carry goimap.UIDSet
	for _, e := range known.Entries {
		if e.Flags != 0 {
			carry.AddNum(e.UID)
		}
	}
	return slices.Equal(translate.Members(carry), translate.Members(*v.Found))
}

// settleIn notes that the mailbox that a visit has left selected holds what is known, so
// that the next poll's NOOP proves it again.
func (m *Mailbox) settleIn(known translate.Listing, v *imap.Selected) {
	c := m.conn
	if v != nil && c.selected == v && c.name == m.name && !c.wire.Changes().Dirty {
		c.listing, c.listed, c.expungesSeen = known, true, c.wire.Changes().Expunged
	}
}

// atLeast gives a UIDNEXT where SELECT has not said any (Courier's does not): what STATUS
// has said before, what was known, or the UID behind the last, whichever is most. It may
// be more by now, and never less: messages that come after the listing have higher UIDs, so
// a STATUS that gives just this one proves that none has come.
func atLeast(l, known translate.Listing, h *imap.Status) goimap.UID {
	next := goimap.UID(1)
	if n := len(l.Entries); n > 0 {
		next = l.Entries[n-1].UID + 1
	}
	if known.UIDValidity == l.UIDValidity {
		next = max(next, known.UIDNext)
	}
	if h != nil && h.UIDValidity == l.UIDValidity {
		next = max(next, h.UIDNext)
	}
	return next
}
