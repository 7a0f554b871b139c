package translate

import (
	"encoding/binary"
	"math"
)

// columns says what a snapshot has for each entry, one column behind the other, in the
// order of these.
type columns uint8

const (
	columnOrder    columns = 1 << iota // the place, as a varint
	columnReceived                     // the distance to when the entry before was received
	columnSame                         // 8 octets
)

// columnsOf says which columns entries need.
func columnsOf(entries []Entry) (which columns) {
	for _, e := range entries {
		if e.Order != 0 {
			which |= columnOrder
		}
		if e.Received != 0 {
			which |= columnReceived
		}
		if e.Same != 0 {
			which |= columnSame
		}
	}
	return which
}

func appendColumns(dst []byte, entries []Entry, which columns) []byte {
	if which&columnOrder != 0 {
		for _, e := range entries {
			dst = binary.AppendUvarint(dst, uint64(e.Order))
		}
	}
	if which&columnReceived != 0 {
		last := int64(0)
		for _, e := range entries {
			dst = binary.AppendVarint(dst, e.Received-last)
			last = e.Received
		}
	}
	if which&columnSame != 0 {
		for _, e := range entries {
			dst = binary.BigEndian.AppendUint64(dst, e.Same)
		}
	}
	return dst
}

func (d *snapshotDecoder) columns(entries []Entry, which columns) {
	if which&columnOrder != 0 {
		for i := range entries {
			entries[i].Order = int(d.number(math.MaxInt))
		}
	}
	if which&columnReceived != 0 {
		last := int64(0)
		for i := range entries {
			last += d.signed()
			entries[i].Received = last
		}
	}
	if which&columnSame != 0 {
		for i := range entries {
			entries[i].Same = d.fixed()
		}
	}
}

func (d *snapshotDecoder) signed() int64 {
	n, length := binary.Varint(d.rest)
	if d.failed || length <= 0 {
		d.failed = true
		return 0
	}
	d.rest = d.rest[length:]
	return n
}

func (d *snapshotDecoder) fixed() uint64 {
	if d.failed || len(d.rest) < 8 {
		d.failed = true
		return 0
	}
	n := binary.BigEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return n
}
