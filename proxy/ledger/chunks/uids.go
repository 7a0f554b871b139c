package chunks

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
)

// MaxSet bounds a decoded set of UIDs or a listing, so that a damaged one cannot take
// all memory.
const MaxSet = 1 << 24

// EncodeUIDs makes octets of a set: for each run the distance to the run before
// and its length, as varints.
func EncodeUIDs(set map[imap.UID]struct{}) []byte {
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
	return Checked(b)
}

// DecodeUIDs is the other way; no octets at all are the empty set.
func DecodeUIDs(b []byte) (map[imap.UID]struct{}, error) {
	if len(b) == 0 {
		return nil, nil
	}
	b, err := Verified(b)
	if err != nil {
		return nil, err
	}
	set := make(map[imap.UID]struct{})
	uid := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap > 1<<32 {
			return nil, database.ErrDamaged
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 || length == 0 || length > MaxSet-uint64(len(set)) || uid+gap+length > 1<<32 {
			return nil, database.ErrDamaged
		}
		b = b[n+m:]
		for uid += gap; length > 0; length-- {
			set[imap.UID(uid)] = struct{}{}
			uid++
		}
	}
	return set, nil
}
