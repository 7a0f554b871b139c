package audit

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens a file to be appended to. Where it makes one it is its folder's owner's:
// a command that root runs must not make a file which the service cannot write.
func open(path string) (io.WriteCloser, error) {
	_, err := os.Stat(path)
	made := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err // and not a file that is none
	}
	if !made {
		return file, nil
	}
	if folder, err := os.Stat(filepath.Dir(path)); err == nil {
		give(path, folder)
	}
	return file, nil
}
