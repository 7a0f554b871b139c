package translate

import (
	"errors"

	"github.com/emersion/go-imap/v2"
)

// Box names a mailbox as the ledger does: by the upstream, the login there, and
// its name.
type Box struct {
	Upstream string
	Login    string
	Mailbox  string
}

// Inventory is what is remembered of a mailbox, whoever is served from it. Its
// maps are keyed by UID and hold for the Listing's UIDVALIDITY, which is 0 where
// nothing is remembered. They are the caller's own; the Listing is shared.
type Inventory struct {
	Box     Box
	Listing Listing
	// Measured are sizes that a complete RETR has measured; they stand in the
	// Listing in place of what the upstream says.
	Measured map[imap.UID]int64
	Keys     map[imap.UID]ContentKey
	Prints   map[imap.UID]Print
	// Revision tells the ledger whether it still remembers the same.
	Revision int64
}

// ErrOvertaken says that what an Inventory holds has been changed by somebody
// else. What was to be learned is not written: UIDs that were given to messages
// of an old server may stand for others by now. Recall again, and repeat.
var ErrOvertaken = errors.New("another session has listed the mailbox at this moment")
