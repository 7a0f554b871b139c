package translate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/emersion/go-imap/v2"
)

// The first octet of every snapshot: an ordered one has places at its end, a told one an
// octet that says which columns follow, and these.
const (
	snapshotVersion = 1
	snapshotOrdered = 2
	snapshotTold    = 3
)

// ErrSnapshot says that octets which should be a snapshot are not one, or not
// one any more.
var ErrSnapshot = errors.New("the snapshot is damaged")

// Snapshot is a part of a Listing as it is remembered, with the sizes that a
// complete RETR has measured in place of the upstream's RFC822.SIZE.
type Snapshot struct {
	Entries []Entry
	// Measured holds the sizes that are measured; nil for none.
	Measured map[imap.UID]int64
}

// EncodeSnapshot makes octets of entries in ascending order of UID, 3 to 6 for
// each message. A size found in measured replaces the entry's own. Whatever a server
// may say of a message can be decoded again; a size below 0 is kept as 0.
//
// The form: version, count, for each entry the distance to the UID before (less
// 1) and twice the size, plus 1 where it is measured; then the few entries with
// flags, then the unique-ids given by the upstream, each without what it shares
// with the one before, then, only where there are any, the place of each entry, or
// more columns (see columns); last a CRC-32 of all that. Numbers are varints.
func EncodeSnapshot(entries []Entry, measured map[imap.UID]int64) []byte {
	dst := make([]byte, 0, 16+5*len(entries))
	dst = append(dst, snapshotVersion)
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	last, flagged, given := imap.UID(0), 0, 0
	for _, e := range entries {
		size, bit := uint64(max(e.Size, 0)), uint64(0)
		if octets, ok := measured[e.UID]; ok {
			size, bit = uint64(max(octets, 0)), 1
		}
		dst = binary.AppendUvarint(dst, uint64(e.UID-last-1))
		dst = binary.AppendUvarint(dst, size<<1|bit)
		last = e.UID
		if e.Flags != 0 {
			flagged++
		}
		if e.UniqueID != "" {
			given++
		}
	}
	dst = appendFlags(dst, entries, flagged)
	dst = appendGiven(dst, entries, given)
	switch which := columnsOf(entries); {
	case which&^columnOrder != 0:
		dst[0] = snapshotTold
		dst = appendColumns(append(dst, byte(which)), entries, which)
	case which != 0:
		dst[0] = snapshotOrdered
		dst = appendColumns(dst, entries, which)
	}
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst))
}

func appendFlags(dst []byte, entries []Entry, count int) []byte {
	dst = binary.AppendUvarint(dst, uint64(count))
	next := 0
	for i, e := range entries {
		if e.Flags != 0 {
			dst = binary.AppendUvarint(dst, uint64(i-next))
			dst = append(dst, byte(e.Flags))
			next = i + 1
		}
	}
	return dst
}

func appendGiven(dst []byte, entries []Entry, count int) []byte {
	dst = binary.AppendUvarint(dst, uint64(count))
	next, before := 0, ""
	for i, e := range entries {
		if e.UniqueID == "" {
			continue
		}
		shared := 0
		for shared < len(before) && shared < len(e.UniqueID) && before[shared] == e.UniqueID[shared] {
			shared++
		}
		dst = binary.AppendUvarint(dst, uint64(i-next))
		dst = binary.AppendUvarint(dst, uint64(shared))
		dst = binary.AppendUvarint(dst, uint64(len(e.UniqueID)-shared))
		dst = append(dst, e.UniqueID[shared:]...)
		next, before = i+1, e.UniqueID
	}
	return dst
}

// DecodeSnapshot appends to s what EncodeSnapshot has made. It fails with
// ErrSnapshot, and then leaves s as it was, where the octets are damaged or the
// entries do not follow those that s holds already.
func DecodeSnapshot(data []byte, s *Snapshot) error {
	if len(data) < 5 || data[0] < snapshotVersion || data[0] > snapshotTold {
		return fmt.Errorf("%w: it has %d octets and does not begin with version %d", ErrSnapshot, len(data), snapshotVersion)
	}
	body := data[:len(data)-4]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(data[len(body):]) {
		return fmt.Errorf("%w: the checksum is wrong", ErrSnapshot)
	}
	d := snapshotDecoder{rest: body[1:]}
	// Every entry takes two octets or more, so that a count cannot make the
	// decoder reserve more memory than the data is worth.
	count := d.number(uint64(len(body)) / 2)
	first := len(s.Entries)
	last := imap.UID(0)
	if first > 0 {
		last = s.Entries[first-1].UID
	}
	entries := s.Entries
	if cap(entries)-first < int(count) {
		entries = append(make([]Entry, 0, max(first+int(count), 2*first)), s.Entries...)
	}
	var measured []int
	uid := imap.UID(0)
	for range count {
		room := uint64(^imap.UID(0) - uid)
		step, size := d.number(room), d.number(math.MaxUint64)
		if uid += imap.UID(step) + 1; step == room || uid <= last {
			d.failed = true
		}
		if d.failed {
			break
		}
		if size&1 != 0 {
			measured = append(measured, len(entries))
		}
		entries = append(entries, Entry{UID: uid, Size: int64(size >> 1)})
	}
	d.flags(entries[first:])
	d.given(entries[first:])
	switch data[0] {
	case snapshotOrdered:
		d.columns(entries[first:], columnOrder)
	case snapshotTold:
		d.columns(entries[first:], columns(d.number(uint64(columnOrder|columnReceived|columnSame))))
	}
	if d.failed || len(d.rest) > 0 {
		return fmt.Errorf("%w: its numbers contradict each other", ErrSnapshot)
	}
	if len(measured) > 0 && s.Measured == nil {
		s.Measured = make(map[imap.UID]int64, len(measured))
	}
	for _, i := range measured {
		s.Measured[entries[i].UID] = entries[i].Size
	}
	s.Entries = entries
	return nil
}

// snapshotDecoder takes numbers off the front; after a failure all are 0.
type snapshotDecoder struct {
	rest   []byte
	failed bool
}

func (d *snapshotDecoder) number(limit uint64) uint64 {
	n, length := binary.Uvarint(d.rest)
	if d.failed || length <= 0 || n > limit {
		d.failed = true
		return 0
	}
	d.rest = d.rest[length:]
	return n
}

func (d *snapshotDecoder) flags(entries []Entry) {
	count := d.number(uint64(len(entries)))
	next := 0
	for range count {
		i := next + int(d.number(uint64(len(entries))))
		flags := EntryFlags(d.number(uint64(unseen)))
		if i >= len(entries) || flags == 0 {
			d.failed = true
		}
		if d.failed {
			return
		}
		entries[i].Flags = flags
		next = i + 1
	}
}

func (d *snapshotDecoder) given(entries []Entry) {
	count := d.number(uint64(len(entries)))
	next, before := 0, ""
	for range count {
		i := next + int(d.number(uint64(len(entries))))
		shared := d.number(uint64(len(before)))
		length := d.number(uint64(len(d.rest)))
		if i >= len(entries) || shared+length == 0 || length > uint64(len(d.rest)) {
			d.failed = true
		}
		if d.failed {
			return
		}
		before = before[:shared] + string(d.rest[:length])
		d.rest = d.rest[length:]
		entries[i].UniqueID = before
		next = i + 1
	}
}
