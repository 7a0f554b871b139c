package translate

import "github.com/emersion/go-imap/v2"

// Freeze is why a mailbox with a new identity is not served: devices that see other
// unique-ids download everything again, and that cannot be undone.
type Freeze string

// The reasons, as the ledger keeps them.
const (
	NotFrozen Freeze = ""
	// FrozenUnknown is a mailbox of which nobody can say whether most of its messages
	// are those that devices know. An operator has to agree.
	FrozenUnknown Freeze = "unknown"
	// FrozenEmpty is a mailbox without messages where devices know some. It is rather
	// a disk that is not mounted than one that was made again: devices would forget all
	// that they have, and get it again later. That is believed when it lasts.
	FrozenEmpty Freeze = "empty"
)

// freezeFrom is how many messages that nobody can tell are worth an operator's look.
// Fewer are downloaded again in a moment.
const freezeFrom = 20

// TooFewRecognised decides whether a mailbox with a new identity is served, by how many
// messages are remembered, how many it holds, and how many of those cannot be told.
func TooFewRecognised(remembered, now, untold int) Freeze {
	switch {
	case remembered > 0 && now == 0:
		return FrozenEmpty
	case untold >= freezeFrom && 2*untold > min(remembered, now):
		return FrozenUnknown
	}
	return NotFrozen
}

// Untold counts the messages that may be remembered ones, and nobody can say, after
// what could be linked was linked: the key is missing on either side, or it is the
// same and the octets differ. A message whose key is known, where those of all that
// are remembered are too, is another one: to serve it downloads nothing twice.
func Untold(old []Remembered, fresh []Unlinked, links []Link) int {
	found, was := make(map[imap.UID]bool, len(links)), make(map[imap.UID]bool, len(links))
	for _, l := range links {
		found[l.New], was[l.Old] = true, true
	}
	keys := make(map[ContentKey]bool, len(old))
	lost, lostUnkeyed := 0, 0
	for _, m := range old {
		if was[m.UID] {
			continue
		}
		if lost++; m.Key == (ContentKey{}) {
			lostUnkeyed++
		}
		keys[m.Key] = true
	}
	others, doubtful := 0, 0
	for _, m := range fresh {
		if found[m.UID] {
			continue
		}
		if others++; m.Key == (ContentKey{}) || keys[m.Key] {
			doubtful++
		}
	}
	return min(lost, others, doubtful+lostUnkeyed)
}
