package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/notices"
	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/ledger/transfer"
	"popbridge/proxy/ledger/watches"
)

// Drivers of a Store.
const (
	DriverSQLite   = database.SQLite
	DriverPostgres = database.Postgres
	DriverMemory   = database.Memory
)

var (
	// ErrUnknown says that the ledger has nothing of that name.
	ErrUnknown = database.ErrUnknown
	// ErrNeedsDisk refuses what other processes would have to see.
	ErrNeedsDisk = database.ErrNeedsDisk
)

// maxCached bounds what a Store keeps decoded, in octets, whatever the number of
// accounts and of messages: unique-ids of an old server may have 8 KB each.
const maxCached = 32 << 20

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
	// Keys encrypt secrets, the current one first; secrets.KeyOctets each. The others
	// only decrypt what was written before the key was changed. Without any, nothing
	// secret can be kept, but with DriverMemory.
	Keys [][]byte
	// Log gets what no caller is told, as level (debug, info, warn or error),
	// message, and pairs of name and value; nil discards it.
	Log func(level, message string, args ...any)
}

// Store is the ledger. It may be used by any number of goroutines.
type Store struct {
	Mailboxes *mailboxes.Store
	Secrets   *secrets.Store
	Events    *events.Store
	Progress  *progress.Store
	Watches   *watches.Store
	Notices   *notices.Store

	db    *database.DB
	cache *chunks.Cache
	locks locks
	name  string // of this process, told apart from every other that ever was
	began time.Time
	serve bool // Options.Serve
	once  sync.Once
}

// Open opens the ledger and brings its schema up to date. Its errors tell an
// operator what to do. The context bounds the opening, not the Store's life.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = func(string, string, ...any) {}
	}
	keys, err := secrets.NewKeyring(o.Keys)
	if err != nil {
		return nil, err
	}
	db, err := database.Open(ctx, database.Options{Driver: o.Driver, Source: o.Source, Serve: o.Serve, Log: o.Log})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, cache: chunks.NewCache(maxCached), name: o.Proxy + "/" + rand.Text(), serve: o.Serve, began: time.Now()}
	s.locks = newLocalLocks(s)
	if db.Driver() == DriverPostgres {
		s.locks = newLeases(s)
	}
	s.Mailboxes, s.Events, s.Progress = mailboxes.New(db, s.cache), events.New(db, s.name), progress.New(db)
	s.Notices = notices.New(db, s.name)
	s.Watches = watches.New(db, s.name, s.tell)
	if s.Secrets, err = secrets.New(db, keys); err == nil && o.Serve {
		err = s.begin(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin makes the Store that of a process which serves.
func (s *Store) begin(ctx context.Context) error {
	if half, err := transfer.Unfinished(ctx, s.db); err != nil {
		return s.db.Explain(err)
	} else if half {
		return errors.New("the ledger is a copy that is not complete: run popbridge state copy again with the configuration of the ledger that is copied")
	}
	if err := s.locks.begin(ctx); err != nil {
		return s.db.Explain(err)
	}
	return s.db.Explain(s.Events.Begin(ctx))
}

// Close closes the ledger. Locks that are still held are given up. It may be
// called twice.
func (s *Store) Close() (err error) {
	s.once.Do(func() { err = errors.Join(s.db.Explain(s.locks.close()), s.db.Close()) })
	return err
}

// Ping asks whether the database answers, and can be relied on.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Label is what this process is called among those that share the ledger.
func (s *Store) Label() string { return database.ProxyLabel(s.name) }

// Kind is the driver's name.
func (s *Store) Kind() string { return s.db.Driver() }

// clock is the time since the Store was opened. It never jumps.
func (s *Store) clock() time.Duration { return time.Since(s.began) }
