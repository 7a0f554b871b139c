package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// While the file is away, or another lies there, no connection is opened: SQLite would make
// a new database of an empty file, and remove the log that has the last commits.
func TestNoConnectionToAnotherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	d, err := Open(t.Context(), Options{Driver: SQLite, Source: path, Serve: true, Log: func(string, string, ...any) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.read.SetMaxIdleConns(0) // each question needs a new connection
	count := func() (n int, err error) {
		err = d.View().Row(t.Context(), "SELECT COUNT(*) FROM counters").Scan(&n)
		return n, err
	}
	err = d.Update(t.Context(), func(tx Querier) error {
		return tx.Exec(t.Context(), "INSERT INTO counters (kind, name, value) VALUES ('x', 'x', 1)")
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(); n != 1 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	log, err := os.Stat(path + "-wal")
	if err != nil || log.Size() == 0 {
		t.Fatalf("the commit is not in the log: %v", err)
	}
	for what, put := range map[string]func() error{
		"none":          func() error { return nil },
		"an empty file": func() error { return os.WriteFile(path, nil, 0o600) },
	} {
		if err := errors.Join(os.Rename(path, path+".away"), put()); err != nil {
			t.Fatal(err)
		}
		if n, err := count(); !isLost(err) {
			t.Errorf("with %s in its place it reads %d rows: %v", what, n, err)
		}
		if now, err := os.Stat(path); what == "none" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file was made: %v, %v", now, err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
		if now, err := os.Stat(path + "-wal"); err != nil || !os.SameFile(now, log) {
			t.Errorf("with %s in its place the log went: %v", what, err)
		}
		if n, err := count(); n != 1 || err != nil {
			t.Errorf("back from %s there are %d rows, %v", what, n, err)
		}
	}
}
