package chunks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// ErrLossy says that something could be written down, and not be read again: whoever
// it was told to would be locked out.
var ErrLossy = errors.New("the ledger cannot keep this")

// Keeps reports whether the table gives values as they are.
func (t *Table[V]) Keeps(values map[imap.UID]V) error {
	chunks := make(map[int64]map[imap.UID]V)
	for uid, v := range values {
		at := int64(uid / Size)
		if chunks[at] == nil {
			chunks[at] = make(map[imap.UID]V)
		}
		chunks[at][uid] = v
	}
	var lost []imap.UID
	for at, chunk := range chunks {
		again := make(map[imap.UID]V, len(chunk))
		err := t.Decode(at, t.encode(chunk), again)
		for uid, v := range chunk {
			if err != nil || again[uid] != v {
				lost = append(lost, uid)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s of %d messages, such as UID %d", ErrLossy, t.Name, len(lost), slices.Min(lost))
}
