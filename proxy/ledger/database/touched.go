package database

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"popbridge/proxy/ledger/recall"
)

// recalled is how many octets are kept of what was read.
const recalled = 32 << 20

// What the rows are called that package recall keeps something of. Whoever reads them says
// of which they are, and touched says which a transaction changes.
func OfAccount(name string) recall.Tag { return recall.Named("account", name) }

// OfPage is what belongs to a page.
func OfPage(id int64) recall.Tag { return recall.Numbered("page", id) }

// OfMailbox is what belongs to a mailbox.
func OfMailbox(id int64) recall.Tag { return recall.Numbered("mailbox", id) }

// OfBox is the row of a mailbox itself, or that there is none.
func OfBox(upstream, login, mailbox string) recall.Tag {
	return recall.Named("box", upstream, login, mailbox)
}

// OfCounter is a counter.
func OfCounter(kind, name string) recall.Tag { return recall.Named("counter", kind, name) }

// most is how many of a row's first columns are looked at.
const most = 4

// tagOf are the tables of which something is kept: the Tag of a row, by its first columns
// in the order in which the schema has them.
var tagOf = map[string]func(row *[most]any) recall.Tag{
	"pages":         func(row *[most]any) recall.Tag { return OfAccount(text(row[1])) },
	"known_devices": func(row *[most]any) recall.Tag { return OfAccount(text(row[0])) },
	"watches":       func(row *[most]any) recall.Tag { return OfAccount(text(row[0])) },
	"moves":         func(row *[most]any) recall.Tag { return OfAccount(text(row[0])) },
	"page_devices":  func(row *[most]any) recall.Tag { return OfPage(number(row[0])) },
	"page_order":    func(row *[most]any) recall.Tag { return OfPage(number(row[0])) },
	"intents":       func(row *[most]any) recall.Tag { return OfPage(number(row[1])) },
	"mailboxes":     func(row *[most]any) recall.Tag { return OfBox(text(row[1]), text(row[2]), text(row[3])) },
	"snapshots":     func(row *[most]any) recall.Tag { return OfMailbox(number(row[1])) },
	"counters":      func(row *[most]any) recall.Tag { return OfCounter(text(row[0]), text(row[1])) },
}

func text(v any) string  { s, _ := v.(string); return s }
func number(v any) int64 { n, _ := v.(int64); return n }

// touched is told what is changed on the one connection that writes.
type touched struct{ by *changes }

// changes are those of one transaction.
type changes struct {
	tags    map[recall.Tag]struct{}
	unknown error // why these are not all
}

// begin begins with a transaction, which has the connection.
func (t *touched) begin() *changes {
	t.by = &changes{tags: make(map[recall.Tag]struct{})}
	return t.by
}

// connected has SQLite tell of each row that it is about to change on a connection that was
// just opened, whichever statement does so, and for what reason. t may be nil: it is not
// told.
func (t *touched) connected(conn driver.Conn, err error) (driver.Conn, error) {
	if err != nil || t == nil {
		return conn, err
	}
	hooked, ok := conn.(sqlite.HookRegisterer)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's connection is %T, which does not tell what it changes", conn), conn.Close())
	}
	t.begin()
	hooked.RegisterPreUpdateHook(t.row)
	return conn, nil
}

// row takes note of a row as it was and as it will be.
func (t *touched) row(change sqlite.SQLitePreUpdateData) {
	tag, kept := tagOf[change.TableName]
	if !kept {
		return
	}
	if change.Op != sqlite3.SQLITE_INSERT {
		t.note(tag, change.Old)
	}
	if change.Op != sqlite3.SQLITE_DELETE {
		t.note(tag, change.New)
	}
}

func (t *touched) note(tag func(*[most]any) recall.Tag, read func(...any) error) {
	var row [most]any
	if err := read(row[:]...); err != nil {
		t.by.unknown = err
		return
	}
	t.by.tags[tag(&row)] = struct{}{}
}
