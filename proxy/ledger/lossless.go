package ledger

import (
	"errors"
	"fmt"

	"popbridge/proxy/ledger/chunks"
	"popbridge/translate"
)

// Keepable reports whether a listing, and the unique-ids and places of its messages,
// come out of the ledger as they go in. Nothing is written.
func (s *Store) Keepable(l translate.Listing, known translate.Known) error {
	var again translate.Snapshot
	if err := translate.DecodeSnapshot(translate.EncodeSnapshot(l.Entries, nil), &again); err != nil {
		return fmt.Errorf("%w: the list of messages: %w", chunks.ErrLossy, err)
	}
	for i, e := range again.Entries {
		if e != l.Entries[i] {
			return fmt.Errorf("%w: UID %d, which has %d octets and a unique-id of %d", chunks.ErrLossy, e.UID, l.Entries[i].Size, len(l.Entries[i].UniqueID))
		}
	}
	return errors.Join(pinTable.Keeps(known.UniqueIDs), orderTable.Keeps(known.Order))
}
