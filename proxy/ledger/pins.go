package ledger

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
)

// longPin stands where the length of what is shared does for a pin whose lengths do
// not fit into an octet each: with a second octet of 0, which a short one never has
// behind it, and then both lengths as varints.
const longPin = 255

// pinTable keeps pinned unique-ids, each without what it shares with the one
// before. RFC 1939 §7 allows 70 octets, and old servers give what they like.
var pinTable = chunks.Table[string]{
	Name: "page_pins", Owner: "pages", Revision: "revision",
	Put: func(b []byte, v, before string) []byte {
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
	Take: func(b []byte, before string) (string, []byte, bool) {
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
var orderTable = chunks.Table[int]{
	Name: "page_order", Owner: "pages", Revision: "revision",
	Put: func(b []byte, v, _ int) []byte { return binary.AppendUvarint(b, uint64(v)) },
	Take: func(b []byte, _ int) (int, []byte, bool) {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt {
			return 0, nil, false
		}
		return int(v), b[n:], true
	},
}

// pins gives a page's pinned unique-ids, decoded once for each revision.
func (s *Store) pins(ctx context.Context, c database.Querier, l pageRow) (map[imap.UID]string, error) {
	if l.page == 0 {
		return nil, nil
	}
	if pins, ok := s.cache.Get(pinsKey(l.page), l.revision).(map[imap.UID]string); ok {
		return pins, nil
	}
	pins, err := pinTable.Load(ctx, s.db, c, l.page, l.revision)
	if err == nil {
		s.cache.Put(pinsKey(l.page), l.revision, pins, pinOctets(pins))
	}
	return pins, err
}

type pinsKey int64

// order gives the remembered places of a page's messages, decoded once for each
// revision.
func (s *Store) order(ctx context.Context, c database.Querier, l pageRow) (map[imap.UID]int, error) {
	if !l.ordered {
		return nil, nil
	}
	if order, ok := s.cache.Get(orderKey(l.page), l.revision).(map[imap.UID]int); ok {
		return order, nil
	}
	order, err := orderTable.Load(ctx, s.db, c, l.page, l.revision)
	if err == nil {
		s.cache.Put(orderKey(l.page), l.revision, order, chunks.PlaceOctets*len(order))
	}
	return order, err
}

type orderKey int64

// pinOctets is what pinned unique-ids take of memory.
func pinOctets(pins map[imap.UID]string) int {
	n := chunks.EntryOctets * len(pins)
	for _, id := range pins {
		n += len(id)
	}
	return n
}
