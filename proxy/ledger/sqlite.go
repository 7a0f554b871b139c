package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

// checkedAtStart is the greatest file that Open reads through for damage, in
// octets. In a greater one damage shows when the damaged place is read.
const checkedAtStart = 64 << 20

// readers is how many connections read SQLite's file at the same time.
const readers = 4

// SQLite's result codes that an operator can do something about
// (https://www.sqlite.org/rescode.html).
const (
	sqliteBusy     = 5
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// pragmas make a commit durable when it returns, and let readers work beside
// the writer.
var pragmas = []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}

// openSQLite opens the file, which nobody but its owner may read: it says which
// messages people have.
func (s *Store) openSQLite(ctx context.Context, o Options) (err error) {
	path, err := filepath.Abs(o.Source)
	if err != nil {
		return err
	}
	s.scrub = func(err error) error { return explainSQLite(path, err) }
	var cut *damaged
	if err := makeFile(path); errors.As(err, &cut) {
		return err
	} else if err != nil {
		return fmt.Errorf("the ledger's file cannot be used: %w; give popbridge's user the right to write %s, or set state.source to another file", err, filepath.Dir(path))
	}
	owner, err := own(ctx, path, o.Serve)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil || !o.Serve {
			err = errors.Join(err, owner.close())
		}
	}()
	file, err := openFile(path)
	if err != nil {
		return err
	}
	if s.db, err = connectSQLite(path); err != nil {
		return errors.Join(s.scrub(err), file.close())
	}
	if err := s.prepareSQLite(ctx, path, owner); err != nil {
		return errors.Join(s.scrub(err), s.db.close(), file.close())
	}
	// One connection that reads stays open: where all are closed SQLite removes the
	// files beside its own, and would make others.
	anchor, err := s.db.read.Conn(ctx)
	if err == nil {
		_, err = anchor.ExecContext(ctx, "SELECT COUNT(*) FROM schema_versions")
	}
	if err != nil {
		return errors.Join(s.scrub(err), s.db.close(), file.close())
	}
	s.db.file = file
	s.locks = newLocalLocks(s)
	s.ending, s.closed = func() { _ = anchor.Close() }, file.close
	if o.Serve {
		end := s.keepVigil()
		s.ending = func() { end(); _ = anchor.Close() }
		s.closed = func() error { return errors.Join(file.close(), owner.close()) }
	}
	return nil
}

// prepareSQLite looks for damage and migrates. While another process serves the
// file its schema is that process's affair.
func (s *Store) prepareSQLite(ctx context.Context, path string, owner *ownership) error {
	if info, err := os.Stat(path); err == nil && info.Size() <= checkedAtStart {
		var verdict string
		if err := s.db.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			return &damaged{path: path, why: verdict}
		}
	}
	if owner.alone {
		return migrate(ctx, s.db.write, DriverSQLite)
	}
	old, err := outdated(ctx, s.db.write, DriverSQLite)
	if err == nil && old {
		err = fmt.Errorf("the ledger %s is in use by an older popbridge; stop or update that one first", path)
	}
	return err
}

func connectSQLite(path string) (*database, error) {
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate"
	for _, p := range pragmas {
		file += "&_pragma=" + p
	}
	write, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", file+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(readers + 1) // the anchor
	read.SetMaxIdleConns(readers)
	db := &database{read: read, write: write, prepare: true}
	db.queue = newQueue(db)
	return db, nil
}

// openMemory is SQLite without a file: one connection, which holds everything.
func (s *Store) openMemory(ctx context.Context) error {
	db, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	s.db = &database{read: db, write: db, prepare: true}
	if s.secrets.current == "" {
		if s.secrets, err = ownRing(); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	s.locks = newLocalLocks(s)
	if err := migrate(ctx, db, DriverSQLite); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

// makeFile makes the file and its folder where they are missing, and proves that
// the folder can be written: SQLite needs two more files in it. A new file has its
// name only when it is a database: one of 0 octets was cut, and is no new ledger.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(path+lockSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := lock.Close(); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return makeDatabase(path)
	}
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if info.Size() == 0 {
		return &damaged{path: path, why: "it has 0 octets"}
	}
	return nil
}

// makeDatabase makes an empty database under a name of its own, and gives it its
// name unless somebody was faster.
func makeDatabase(path string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	if err := draft.Close(); err != nil {
		return err
	}
	db, err := connectSQLite(draft.Name())
	if err != nil {
		return err
	}
	_, err = db.write.Exec("PRAGMA user_version = 1")
	if err := errors.Join(err, db.close()); err != nil {
		return err
	}
	err = os.Link(draft.Name(), path)
	switch {
	case err == nil || errors.Is(err, fs.ErrExist):
		return nil
	default: // the file system has no second names
		return os.Rename(draft.Name(), path)
	}
}

// lockSuffix names the file beside the ledger that its serving process locks.
// The lock ends with the process, however that ends.
const lockSuffix = ".lock"

// ownership is the lock of the file that a serving process holds.
type ownership struct {
	file  *os.File
	alone bool // nobody else serves the file
}

// own takes the file for a serving process, and for a command while nobody
// serves it. A command that migrates lets go within a moment, so a serving
// process waits for it.
func own(ctx context.Context, path string, serve bool) (*ownership, error) {
	file, err := os.OpenFile(path+lockSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		err := lockFile(file)
		switch {
		case err == nil:
			return &ownership{file: file, alone: true}, nil
		case !errors.Is(err, errHeld):
			return nil, errors.Join(fmt.Errorf("locking %s: %w", file.Name(), err), file.Close())
		case serve && attempt < 20: // a command may be looking
		case serve:
			return nil, errors.Join(fmt.Errorf("the ledger %s is in use by another popbridge that serves; give each its own state.source, or use state.driver = \"postgres\" to share one", path), file.Close())
		default:
			return &ownership{file: file}, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

func (o *ownership) close() error { return o.file.Close() }

// damaged is what an operator is told about a file that cannot be trusted.
type damaged struct{ path, why string }

func (d *damaged) Error() string {
	return fmt.Sprintf("the ledger %s is damaged (%s): restore it from a backup, or move it away to begin anew; then messages that devices have hidden show again, and unique-ids that were imported or kept through a change of UIDVALIDITY are lost, so devices may download messages again", d.path, d.why)
}

// explainSQLite says what to do about an error of the driver.
func explainSQLite(path string, err error) error {
	var code *sqlite.Error
	var known *damaged
	if err == nil || errors.As(err, &known) || !errors.As(err, &code) {
		return err
	}
	switch code.Code() & 0xFF {
	case sqliteCorrupt:
		return &damaged{path: path, why: code.Error()}
	case sqliteNotADB:
		return fmt.Errorf("%s is not a ledger of popbridge, or is damaged at its beginning (%w): set state.source to another file, restore it from a backup, or move it away to begin anew", path, err)
	case sqliteFull:
		return fmt.Errorf("there is no room left for the ledger %s: %w", path, err)
	case sqliteReadOnly, sqliteCantOpen:
		return fmt.Errorf("the ledger %s and its folder must be writable for popbridge's user: %w", path, err)
	case sqliteIOErr:
		return fmt.Errorf("reading or writing the ledger %s: %w", path, err)
	case sqliteBusy:
		return fmt.Errorf("the ledger %s is locked by another program for too long: %w", path, err)
	}
	return err
}
