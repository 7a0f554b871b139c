package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MakeFolder makes the folder of the configuration where it is not there: for the
// service's group where that is, else for this user alone.
func MakeFolder(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("%w; run it as root, or choose a folder of your own with --dir", err)
	}
	_, err := share(path, 0o750)
	return err
}

// WriteNew writes a file that is not there yet: for the service's group to read where
// there is that group, else for this user alone. It gives whose the file is and its
// mode, as text.
func WriteNew(path string, data []byte) (whose string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-") // mode 0600
	if err != nil {
		return "", fmt.Errorf("%w; run it as root, or choose a folder of your own with --dir", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if whose, err = share(f.Name(), 0o640); err != nil {
		return "", err
	}
	// A link fails where the name is taken: nothing is ever overwritten.
	if err := os.Link(f.Name(), path); err != nil {
		return "", fmt.Errorf("%s is not written: %w", path, err)
	}
	return whose, nil
}

// Exists reports whether a file is there, also where it may not be read.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
