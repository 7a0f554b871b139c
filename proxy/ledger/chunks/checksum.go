package chunks

import (
	"encoding/binary"
	"hash/crc32"

	"popbridge/proxy/ledger/database"
)

// Checked puts a checksum behind the octets of a row.
func Checked(b []byte) []byte { return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }

// Verified takes it off again; database.ErrDamaged where it is wrong.
func Verified(b []byte) ([]byte, error) {
	if len(b) < 4 || crc32.ChecksumIEEE(b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return nil, database.ErrDamaged
	}
	return b[:len(b)-4], nil
}
