package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"popbridge/proxy/ledger/recall"
)

// checkedAtStart is the greatest file that Open reads through for damage, in
// octets. In a greater one damage shows when the damaged place is read.
const checkedAtStart = 64 << 20

// readers is how many connections read SQLite's file at the same time.
const readers = 4

// pragmas make a commit durable when it returns, and let readers work beside
// the writer.
var pragmas = []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}

// openSQLite opens the file, which nobody but its owner may read: it says which
// messages people have.
func (d *DB) openSQLite(ctx context.Context, o Options) (err error) {
	path, err := filepath.Abs(o.Source)
	if err != nil {
		return err
	}
	d.explain = func(err error) error { return explainSQLite(path, err) }
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
	if err := d.connectSQLite(file, o.Serve); err != nil {
		return errors.Join(d.Explain(err), file.close())
	}
	if err := d.prepareSQLite(ctx, path, owner); err != nil {
		return errors.Join(d.Explain(err), d.closePools(), file.close())
	}
	// One connection that reads stays open: where all are closed SQLite removes the
	// files beside its own, and would make others.
	anchor, err := d.read.Conn(ctx)
	if err == nil {
		_, err = anchor.ExecContext(ctx, "SELECT COUNT(*) FROM schema_versions")
	}
	if err != nil {
		return errors.Join(d.Explain(err), d.closePools(), file.close())
	}
	d.file = file
	d.ending, d.closed = func() { _ = anchor.Close() }, file.close
	if o.Serve {
		if err := d.remember(path); err != nil {
			return errors.Join(err, anchor.Close(), d.closePools(), file.close())
		}
		end := d.watch()
		d.ending = func() { end(); _ = anchor.Close() }
		forget := d.closed
		d.closed = func() error { return errors.Join(forget(), owner.close()) }
	}
	return nil
}

// prepareSQLite looks for damage and migrates. While another process serves the
// file its schema is that process's affair.
func (d *DB) prepareSQLite(ctx context.Context, path string, owner *ownership) error {
	if info, err := os.Stat(path); err == nil && info.Size() <= checkedAtStart {
		var verdict string
		if err := d.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			return &damaged{path: path, why: verdict}
		}
	}
	if owner.alone {
		return migrate(ctx, d.write, SQLite)
	}
	old, err := outdated(ctx, d.write, SQLite)
	if err == nil && old {
		err = fmt.Errorf("the ledger %s is in use by an older popbridge; stop or update that one first", path)
	}
	return err
}

// connectSQLite opens the file with one connection that writes and some that read.
func (d *DB) connectSQLite(file *sqliteFile, serve bool) (err error) {
	var told *touched
	if serve {
		told = &d.touched
	}
	if d.write, err = openPool(file, told); err != nil {
		return err
	}
	if d.read, err = openPool(file, nil, "query_only(1)"); err != nil {
		return errors.Join(err, d.write.Close())
	}
	d.write.SetMaxOpenConns(1)
	d.read.SetMaxOpenConns(readers + 1) // the anchor
	d.read.SetMaxIdleConns(readers)
	d.prepare = true
	d.queue = newQueue(d)
	return nil
}

// openPool opens the file; told, where not nil, is told what is changed, and more are
// further pragmas of each connection. A connection makes no file
// (https://www.sqlite.org/uri.html, mode), and opens none but the one that is there since
// the start: SQLite takes an empty file in its place for a new database, and removes the
// log of the old one, with the last commits in it.
func openPool(file *sqliteFile, told *touched, more ...string) (*sql.DB, error) {
	name := "file:" + (&url.URL{Path: file.path}).EscapedPath() + "?mode=rw&_txlock=immediate"
	for _, p := range append(slices.Clone(pragmas), more...) {
		name += "&_pragma=" + p
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	// It has opened nothing yet, and only knows the driver.
	return sql.OpenDB(sameFile{db.Driver(), name, file, told}), db.Close()
}

// sameFile connects to a file while it is the same.
type sameFile struct {
	driver driver.Driver
	name   string
	file   *sqliteFile
	told   *touched
}

// Connect is driver.Connector's.
func (s sameFile) Connect(context.Context) (driver.Conn, error) {
	if why := s.file.moved(""); why != "" {
		return nil, &lostFile{s.file.path, why}
	}
	return s.told.connected(s.driver.Open(s.name))
}

// Driver is driver.Connector's.
func (s sameFile) Driver() driver.Driver { return s.driver }

// openMemory is SQLite without a file: one connection, which holds everything.
func (d *DB) openMemory(ctx context.Context) error {
	named, err := sql.Open("sqlite", "")
	if err != nil {
		return err
	}
	db := sql.OpenDB(inMemory{named.Driver(), &d.touched})
	db.SetMaxOpenConns(1)
	d.read, d.write, d.prepare = db, db, true
	d.memory = recall.New(recalled, nil)
	d.closed = func() error { d.memory.Forget(); return nil }
	if err := errors.Join(named.Close(), migrate(ctx, db, SQLite)); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

// inMemory connects to a database that nobody else has.
type inMemory struct {
	driver driver.Driver
	told   *touched
}

// Connect is driver.Connector's.
func (m inMemory) Connect(context.Context) (driver.Conn, error) {
	return m.told.connected(m.driver.Open("file::memory:?_pragma=foreign_keys(1)"))
}

// Driver is driver.Connector's.
func (m inMemory) Driver() driver.Driver { return m.driver }
