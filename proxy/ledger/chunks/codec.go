package chunks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
)

// Size is how many UIDs share a row of a Table: few enough that one
// message does not rewrite much, many enough that rows cost little.
const Size = 128

// Table is a table that keeps one value for each of some messages. The SQL
// of it names the table that owns the rows and the column of its revision.
type Table[V comparable] struct {
	Name, Owner, Revision string
	// Put appends a value to octets, and Take takes it off their beginning; before is
	// the value of the message before it in the chunk.
	Put  func(b []byte, v, before V) []byte
	Take func(b []byte, before V) (V, []byte, bool)
}

// encode makes the row of one chunk.
func (t *Table[V]) encode(chunk map[imap.UID]V) []byte {
	var b []byte
	var before V
	for _, uid := range slices.Sorted(maps.Keys(chunk)) {
		b = t.Put(append(b, byte(uid%Size)), chunk[uid], before)
		before = chunk[uid]
	}
	return Checked(b)
}

// Decode adds a chunk's row to values, and nothing of it where it is damaged.
func (t *Table[V]) Decode(chunk int64, b []byte, values map[imap.UID]V) error {
	b, err := Verified(b)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	var before V
	found := make(map[imap.UID]V, Size)
	for last := -1; len(b) > 0; {
		at, ok := int(b[0]), false
		if before, b, ok = t.Take(b[1:], before); !ok || at <= last || at >= Size {
			return fmt.Errorf("%s: %w", t.Name, database.ErrDamaged)
		}
		found[imap.UID(chunk*Size)+imap.UID(at)] = before
		last = at
	}
	maps.Copy(values, found)
	return nil
}

// Missing gives what of add is not in have, or is another value there.
func Missing[V comparable](add, have map[imap.UID]V) map[imap.UID]V {
	var out map[imap.UID]V
	for uid, v := range add {
		if old, ok := have[uid]; ok && old == v {
			continue
		}
		if out == nil {
			out = make(map[imap.UID]V)
		}
		out[uid] = v
	}
	return out
}
