package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// errUnkeepable says that something could be written down, and not be read again:
// whoever it was told to would be locked out.
var errUnkeepable = errors.New("the ledger cannot keep this")

// Keepable reports whether a listing, and the unique-ids and places of its messages,
// come out of the ledger as they go in. Nothing is written.
func (s *Store) Keepable(l translate.Listing, known translate.Known) error {
	var again translate.Snapshot
	if err := translate.DecodeSnapshot(translate.EncodeSnapshot(l.Entries, nil), &again); err != nil {
		return fmt.Errorf("%w: the list of messages: %w", errUnkeepable, err)
	}
	for i, e := range again.Entries {
		if e != l.Entries[i] {
			return fmt.Errorf("%w: UID %d, which has %d octets and a unique-id of %d", errUnkeepable, e.UID, l.Entries[i].Size, len(l.Entries[i].UniqueID))
		}
	}
	return errors.Join(keeps(&pinTable, known.UniqueIDs), keeps(&orderTable, known.Order))
}

// keeps reports whether a table gives values as they are.
func keeps[V comparable](t *chunkTable[V], values map[imap.UID]V) error {
	chunks := make(map[int64]map[imap.UID]V)
	for uid, v := range values {
		at := int64(uid / chunkSize)
		if chunks[at] == nil {
			chunks[at] = make(map[imap.UID]V)
		}
		chunks[at][uid] = v
	}
	var lost []imap.UID
	for at, chunk := range chunks {
		again := make(map[imap.UID]V, len(chunk))
		err := t.decode(at, t.encode(chunk), again)
		for uid, v := range chunk {
			if err != nil || again[uid] != v {
				lost = append(lost, uid)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s of %d messages, such as UID %d", errUnkeepable, t.table, len(lost), slices.Min(lost))
}
