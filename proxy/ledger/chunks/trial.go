package chunks

import "github.com/emersion/go-imap/v2"

// Trial tries whether rows of a Table can be read.
type Trial struct {
	Table string
	// Row fails with database.ErrDamaged for a row that Decode cannot read.
	Row func(chunk int64, data []byte) error
}

// Trial is the table's.
func (t *Table[V]) Trial() Trial {
	return Trial{t.Name, func(chunk int64, data []byte) error { return t.Decode(chunk, data, make(map[imap.UID]V, Size)) }}
}
