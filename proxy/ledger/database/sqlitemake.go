package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

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
	file, err := openFile(draft.Name())
	if err != nil {
		return err
	}
	db, err := openPool(file, nil)
	if err != nil {
		return errors.Join(err, file.close())
	}
	_, err = db.Exec("PRAGMA user_version = 1")
	if err := errors.Join(err, db.Close(), file.close()); err != nil {
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
