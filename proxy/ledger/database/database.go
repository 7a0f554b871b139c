package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"popbridge/proxy/ledger/recall"
)

// Drivers of a DB.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
	Memory   = "memory"
)

// Options say where a database is and who opens it.
type Options struct {
	Driver string // SQLite, Postgres or Memory
	// Source is the path of SQLite's file, or PostgreSQL's connection string; a
	// password in it appears in no error and in no line of the log.
	Source string
	// Serve is set by the process that serves devices. A SQLite file has one such
	// process at a time; commands open it beside that process.
	Serve bool
	// Log gets what no caller is told, as level (debug, info, warn or error),
	// message, and pairs of name and value.
	Log func(level, message string, args ...any)
}

// DB is an open database. It may be used by any number of goroutines.
type DB struct {
	driver string
	// SQLite has one connection that writes, so that writers wait in line instead of
	// for each other's locks.
	read, write *sql.DB
	file        *sqliteFile    // nil: there is none
	memory      *recall.Memory // of what was read; nil: each question is asked
	touched     touched
	queue       *queue       // of those that write; nil: the database has its own
	prepare     bool         // the driver does not keep prepared statements itself
	prepared    sync.Map     // statements of the reading connections, by text
	rehearsed   sync.Map     // those of the writing one, likewise
	writes      atomic.Int64 // transactions that were begun in order to write
	asked       atomic.Int64 // statements that were run

	log     func(level, message string, args ...any)
	explain func(error) error
	began   time.Time
	ending  func()       // ends what looks after the database
	closed  func() error // releases what the driver holds beside the database

	complained atomic.Int64 // when the log last said that the database is gone, since began
	unwritable atomic.Bool  // the last thing that was to be written could not be
}

// Open opens a database and brings its schema up to date. Its errors tell an
// operator what to do. The context bounds the opening, not the DB's life.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{
		driver: o.Driver, log: o.Log, began: time.Now(),
		explain: func(err error) error { return err }, closed: func() error { return nil }, ending: func() {},
	}
	var err error
	switch o.Driver {
	case SQLite:
		err = d.openSQLite(ctx, o)
	case Memory:
		err = d.openMemory(ctx)
	case Postgres:
		err = d.openPostgres(ctx, o)
	default:
		return nil, fmt.Errorf("state.driver %q is not known; it is %s, %s or %s", o.Driver, SQLite, Postgres, Memory)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close closes the database.
func (d *DB) Close() error {
	d.ending()
	return d.Explain(errors.Join(d.closePools(), d.closed()))
}

func (d *DB) closePools() error {
	if d.read == d.write {
		return d.read.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Driver is SQLite, Postgres or Memory.
func (d *DB) Driver() string { return d.driver }

// Durable reports whether the database outlives the process.
func (d *DB) Durable() bool { return d.driver != Memory }

// Memory keeps what was read of SQLite; nil where others may write without being noticed.
func (d *DB) Memory() *recall.Memory { return d.memory }

// Writes is how many transactions were begun in order to write: what is not news is
// not written, and this tells.
func (d *DB) Writes() int64 { return d.writes.Load() }

// Asked is how many statements were run: what is known still is not asked, and this tells.
func (d *DB) Asked() int64 { return d.asked.Load() }

// Log tells the log what no caller is told.
func (d *DB) Log(level, message string, args ...any) { d.log(level, message, args...) }

// Explain says what an operator can do about an error of the driver, and takes
// PostgreSQL's password out of it.
func (d *DB) Explain(err error) error { return d.explain(err) }
