package migration

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// ErrLess says that what is remembered would be replaced by less. A wrong folder, a
// wrong format or a server that was set up anew looks just like that, and what is
// gone then can often not be learned again.
var ErrLess = errors.New("there is less than is known")

// Take says what may be put in the place of what is remembered.
type Take uint8

const (
	// Careful replaces nothing that is known by less; see ErrLess.
	Careful Take = iota
	// Force replaces it all the same.
	Force
	// DryRun is Careful, and writes nothing down.
	DryRun
)

// shown are the messages that count as known: those of an old server that nobody
// is shown any more may go.
func shown(l translate.Listing) (entries []translate.Entry) {
	for _, e := range l.Entries {
		if !e.Withdrawn() {
			entries = append(entries, e)
		}
	}
	return entries
}

// allGone refuses a listing in which nothing is left of what is known. Messages go
// one by one in a server's daily life, but hardly all between two looks.
func allGone(known, now translate.Listing) error {
	before := shown(known)
	if len(before) == 0 {
		return nil
	}
	if len(now.Entries) == 0 {
		return fmt.Errorf("%w: the mailbox is empty, and %d messages are known", ErrLess, len(before))
	}
	if !now.Assigned {
		return nil // a mailbox that was rebuilt has other UIDs, and its own way to be recognised
	}
	there := make(map[imap.UID]bool, len(now.Entries))
	for _, e := range now.Entries {
		there[e.UID] = true
	}
	for _, e := range before {
		if there[e.UID] {
			return nil
		}
	}
	return fmt.Errorf("%w: none of the %d messages that are known is among the %d in the mailbox", ErrLess, len(before), len(now.Entries))
}

// fewer refuses what was read of a mail store where it holds fewer messages than are
// known, or fewer than half of these under the unique-ids that are known.
func fewer(known translate.Listing, read []translate.Given) error {
	before := shown(known)
	ids := make(map[string]bool, len(read))
	for _, g := range read {
		ids[g.UniqueID] = true
	}
	kept := 0
	for _, e := range before {
		if ids[e.UniqueID] {
			kept++
		}
	}
	if len(read) >= len(before) && 2*kept >= len(before) {
		return nil
	}
	return fmt.Errorf("%w: %d messages were read, and %d are known, %d of them under unique-ids that were read", ErrLess, len(read), len(before), kept)
}

// unpaired refuses a match that does not find again what was found before, of
// messages that both mailboxes still have; found are those of the old one that were found
// in any mailbox.
func unpaired(before, now translate.Mapping, found []imap.UID, old, fresh translate.Listing) error {
	if before.OldValidity != now.OldValidity || before.NewValidity != now.NewValidity {
		return nil
	}
	there := func(l translate.Listing) map[imap.UID]bool {
		uids := make(map[imap.UID]bool, len(l.Entries))
		for _, e := range shown(l) {
			uids[e.UID] = true
		}
		return uids
	}
	onOld, onNew := there(old), there(fresh)
	paired := make(map[imap.UID]bool, len(found))
	for _, uid := range found {
		paired[uid] = true
	}
	lost := 0
	for _, p := range before.Pairs {
		if onOld[p.Old] && onNew[p.New] && !paired[p.Old] {
			lost++
		}
	}
	if lost > 0 {
		return fmt.Errorf("%w: %d messages that were matched before, and are still on both servers, were not matched again", ErrLess, lost)
	}
	return nil
}
