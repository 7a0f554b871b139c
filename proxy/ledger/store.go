package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Drivers of a Store.
const (
	DriverSQLite   = "sqlite"
	DriverPostgres = "postgres"
	DriverMemory   = "memory"
)

// patience bounds everything that a page asks of the database. It is long
// enough for a command that holds SQLite's one write lock, and short enough for
// a device that waits for its answer.
const patience = 30 * time.Second

// Options say where a ledger is and who opens it.
type Options struct {
	Driver string // DriverSQLite, DriverPostgres or DriverMemory
	// Source is the path of SQLite's file, or PostgreSQL's connection string; a
	// password in it appears in no error and in no line of the log.
	Source string
	// Proxy names this process among those that share a PostgreSQL. It may be
	// empty; two processes with one name are still told apart.
	Proxy string
	// Serve is set by the process that holds locks for sessions. A SQLite file
	// has one such process at a time; commands open it beside that process.
	Serve bool
	// Keys encrypt secrets, the current one first; KeyOctets each. The others only
	// decrypt what was written before the key was changed. Without any, nothing
	// secret can be kept, but with DriverMemory.
	Keys [][]byte
	// Log gets what no caller is told, as level (debug, info, warn or error),
	// message, and pairs of name and value; nil discards it.
	Log func(level, message string, args ...any)
}

// Store is the ledger. It may be used by any number of goroutines.
type Store struct {
	kind    string
	db      *database
	locks   locks
	cache   *cache
	secrets ring
	log     func(level, message string, args ...any)
	name    string // of this process, told apart from every other that ever was
	began   time.Time
	scrub   func(error) error
	serve   bool   // Options.Serve
	shared  shared // how far it has heard of failed logins
	once    sync.Once
	ending  func()       // ends what looks after the database
	closed  func() error // releases what the driver holds beside the database

	heard      heard        // what commands have changed
	complained atomic.Int64 // when the log last said that the database is gone, as a clock reading
	unwritable atomic.Bool  // the last thing that was to be written could not be
}

// Open opens the ledger and brings its schema up to date. Its errors tell an
// operator what to do. The context bounds the opening, not the Store's life.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		kind: o.Driver, cache: newCache(maxCached), log: o.Log, name: o.Proxy + "/" + rand.Text(), serve: o.Serve, began: time.Now(),
		scrub: func(err error) error { return err }, closed: func() error { return nil }, ending: func() {},
	}
	if s.log == nil {
		s.log = func(string, string, ...any) {}
	}
	var err error
	if s.secrets, err = newRing(o.Keys); err != nil {
		return nil, err
	}
	switch o.Driver {
	case DriverSQLite:
		err = s.openSQLite(ctx, o)
	case DriverMemory:
		err = s.openMemory(ctx)
	case DriverPostgres:
		err = s.openPostgres(ctx, o)
	default:
		return nil, fmt.Errorf("state.driver %q is not known; it is %s, %s or %s", o.Driver, DriverSQLite, DriverPostgres, DriverMemory)
	}
	if err != nil {
		return nil, err
	}
	if o.Serve {
		if err := s.beginHearing(ctx); err != nil {
			return nil, errors.Join(s.scrub(err), s.Close())
		}
	}
	return s, nil
}

// Close closes the ledger. Locks that are still held are given up. It may be
// called twice.
func (s *Store) Close() (err error) {
	s.once.Do(func() {
		s.ending()
		err = s.scrub(errors.Join(s.locks.close(), s.db.close(), s.closed()))
	})
	return err
}

// Ping asks whether the database answers, and can be relied on.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.ready(); err != nil {
		return s.scrub(err)
	}
	return s.scrub(s.db.read.PingContext(ctx))
}

// Kind is the driver's name.
func (s *Store) Kind() string { return s.kind }

// clock is the time since the Store was opened. It never jumps.
func (s *Store) clock() time.Duration { return time.Since(s.began) }
