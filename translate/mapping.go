package translate

import (
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Mapping is a Match as it is kept: it holds for the UIDs of both mailboxes
// under these UIDVALIDITYs.
type Mapping struct {
	Old, New                 Box
	OldValidity, NewValidity uint32
	At                       time.Time // zero: there is none
	Pairs                    []Pair
	// How many messages have no counterpart, and how many could not be decided.
	OldOnly, NewOnly, Ambiguous int
}

// NewMapping keeps a Match of two inventories. It refuses one that would give
// two messages one unique-id, or one message two.
func NewMapping(old, fresh Inventory, m Match, at time.Time) (Mapping, error) {
	c := Mapping{
		Old: old.Box, New: fresh.Box, OldValidity: old.Listing.UIDValidity, NewValidity: fresh.Listing.UIDValidity,
		At: at, Pairs: m.Pairs, OldOnly: len(m.OldOnly), NewOnly: len(m.NewOnly), Ambiguous: len(m.Repeated),
	}
	for _, g := range m.Ambiguous {
		c.Ambiguous += len(g.Old)
	}
	if c.OldValidity == 0 || c.NewValidity == 0 {
		return c, fmt.Errorf("a mailbox on %s or %s was never listed", c.Old.Upstream, c.New.Upstream)
	}
	ids := make(map[imap.UID]string, len(old.Listing.Entries))
	for _, e := range old.Listing.Entries {
		ids[e.UID] = e.UniqueID
	}
	from, to, given := make(map[imap.UID]bool), make(map[imap.UID]bool), make(map[string]bool)
	for _, p := range m.Pairs {
		id := ids[p.Old]
		if from[p.Old] || to[p.New] || id != "" && given[id] {
			return c, fmt.Errorf("old UID %d and new UID %d: two messages would get one unique-id, %q", p.Old, p.New, id)
		}
		from[p.Old], to[p.New], given[id] = true, true, true
	}
	return c, nil
}
