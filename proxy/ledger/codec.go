package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// errDamaged says that octets in the database are not what was written there.
var errDamaged = errors.New("a row of the ledger is damaged; restore the ledger from a backup")

// errChanged says that another session wrote between two statements. It leaves the
// ledger only by way of steady.
var errChanged = errors.New("the ledger was changed by another session at this moment")

func isDamage(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, translate.ErrSnapshot)
}

// maxSet bounds a decoded set of UIDs, so that a damaged one cannot take all
// memory.
const maxSet = 1 << 24

// seal puts a checksum behind the octets.
func seal(b []byte) []byte { return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }

// unseal takes it off again.
func unseal(b []byte) ([]byte, error) {
	if len(b) < 4 || crc32.ChecksumIEEE(b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return nil, errDamaged
	}
	return b[:len(b)-4], nil
}

// encodeUIDs makes octets of a set: for each run the distance to the run before
// and its length, as varints.
func encodeUIDs(set map[imap.UID]struct{}) []byte {
	uids := slices.Sorted(maps.Keys(set))
	var b []byte
	next := imap.UID(0)
	for i := 0; i < len(uids); {
		end := i + 1
		for end < len(uids) && uids[end] == uids[end-1]+1 {
			end++
		}
		b = binary.AppendUvarint(b, uint64(uids[i]-next))
		b = binary.AppendUvarint(b, uint64(end-i))
		next = uids[end-1] + 1
		i = end
	}
	return seal(b)
}

// decodeUIDs is the other way; no octets at all are the empty set.
func decodeUIDs(b []byte) (map[imap.UID]struct{}, error) {
	if len(b) == 0 {
		return nil, nil
	}
	b, err := unseal(b)
	if err != nil {
		return nil, err
	}
	set := make(map[imap.UID]struct{})
	uid := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap > 1<<32 {
			return nil, errDamaged
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 || length == 0 || length > maxSet-uint64(len(set)) || uid+gap+length > 1<<32 {
			return nil, errDamaged
		}
		b = b[n+m:]
		for uid += gap; length > 0; length-- {
			set[imap.UID(uid)] = struct{}{}
			uid++
		}
	}
	return set, nil
}

// chunkSize is how many UIDs share a row of a chunkTable: few enough that one
// message does not rewrite much, many enough that rows cost little.
const chunkSize = 128

// chunkTable is a table that keeps one value for each of some messages. The SQL
// of it names the table that owns the rows and the column of its revision.
type chunkTable[V comparable] struct {
	table, owner, revision string
	put                    func(b []byte, v, before V) []byte
	take                   func(b []byte, before V) (V, []byte, bool)
}

// longPin stands where the length of what is shared does for a pin whose lengths do
// not fit into an octet each: with a second octet of 0, which a short one never has
// behind it, and then both lengths as varints.
const longPin = 255

// pinTable keeps pinned unique-ids, each without what it shares with the one
// before. RFC 1939 §7 allows 70 octets, and old servers give what they like.
var pinTable = chunkTable[string]{
	table: "page_pins", owner: "pages", revision: "revision",
	put: func(b []byte, v, before string) []byte {
		shared := 0
		for shared < min(len(v), len(before)) && v[shared] == before[shared] {
			shared++
		}
		if shared < longPin && len(v)-shared <= 255 {
			b = append(b, byte(shared), byte(len(v)-shared))
		} else {
			b = binary.AppendUvarint(append(b, longPin, 0), uint64(shared))
			b = binary.AppendUvarint(b, uint64(len(v)-shared))
		}
		return append(b, v[shared:]...)
	},
	take: func(b []byte, before string) (string, []byte, bool) {
		if len(b) < 2 {
			return "", nil, false
		}
		shared, length, rest := uint64(b[0]), uint64(b[1]), b[2:]
		if shared == longPin && length == 0 {
			var n, m int
			shared, n = binary.Uvarint(rest)
			length, m = binary.Uvarint(rest[max(n, 0):])
			if n <= 0 || m <= 0 {
				return "", nil, false
			}
			rest = rest[n+m:]
		}
		if shared > uint64(len(before)) || length > uint64(len(rest)) {
			return "", nil, false
		}
		return before[:shared] + string(rest[:length]), rest[length:], true
	},
}

// orderTable keeps the places of a page's messages on the server that its account
// has moved from.
var orderTable = chunkTable[int]{
	table: "page_order", owner: "pages", revision: "revision",
	put: func(b []byte, v, _ int) []byte { return binary.AppendUvarint(b, uint64(v)) },
	take: func(b []byte, _ int) (int, []byte, bool) {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt {
			return 0, nil, false
		}
		return int(v), b[n:], true
	},
}

// keyTable keeps content keys.
var keyTable = chunkTable[translate.ContentKey]{
	table: "snapshot_keys", owner: "snapshots", revision: "keys_revision",
	put: func(b []byte, v, _ translate.ContentKey) []byte { return append(b, v[:]...) },
	take: func(b []byte, _ translate.ContentKey) (v translate.ContentKey, rest []byte, ok bool) {
		if len(b) < len(v) {
			return v, nil, false
		}
		copy(v[:], b)
		return v, b[len(v):], true
	},
}

// encode makes the row of one chunk.
func (t *chunkTable[V]) encode(chunk map[imap.UID]V) []byte {
	var b []byte
	var before V
	for _, uid := range slices.Sorted(maps.Keys(chunk)) {
		b = t.put(append(b, byte(uid%chunkSize)), chunk[uid], before)
		before = chunk[uid]
	}
	return seal(b)
}

// decode adds a chunk's row to values, and nothing of it where it is damaged.
func (t *chunkTable[V]) decode(chunk int64, b []byte, values map[imap.UID]V) error {
	b, err := unseal(b)
	if err != nil {
		return fmt.Errorf("%s: %w", t.table, err)
	}
	var before V
	found := make(map[imap.UID]V, chunkSize)
	for last := -1; len(b) > 0; {
		at, ok := int(b[0]), false
		if before, b, ok = t.take(b[1:], before); !ok || at <= last || at >= chunkSize {
			return fmt.Errorf("%s: %w", t.table, errDamaged)
		}
		found[imap.UID(chunk*chunkSize)+imap.UID(at)] = before
		last = at
	}
	maps.Copy(values, found)
	return nil
}

// decodeFormats reads the spans of a page, as encodeFormats wrote them.
func decodeFormats(text string) ([]translate.Span, error) {
	if text == "" {
		return nil, nil
	}
	var spans []translate.Span
	if err := unmarshal([]byte(text), &spans); err != nil {
		return nil, fmt.Errorf("formats: %w", err)
	}
	return spans, nil
}
