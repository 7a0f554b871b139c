package database

import (
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"
)

// Name makes a name fit for PostgreSQL's TEXT, which takes no octets that are
// not UTF-8, and no NUL. What begins with the prefix by itself, as an old server's
// unique-id may, is changed too, so that Unname gives every name as it was.
func Name(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, namePrefix) {
		return s
	}
	return namePrefix + hex.EncodeToString([]byte(s))
}

const namePrefix = "\x01"

// Unname is the other way.
func Unname(s string) string {
	if encoded, ok := strings.CutPrefix(s, namePrefix); ok {
		if b, err := hex.DecodeString(encoded); err == nil {
			return string(b)
		}
	}
	return s
}

// Readable is text that every database takes; what comes from a message may be
// anything.
func Readable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Moment makes a time of milliseconds since 1970, the zero time of 0.
func Moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ByOctets is SQL for text that is compared and ordered by its octets, as SQLite does by
// itself and PostgreSQL only where it is told.
func (d *DB) ByOctets(text string) string {
	if d.Driver() == Postgres {
		return text + ` COLLATE "C"`
	}
	return text
}
