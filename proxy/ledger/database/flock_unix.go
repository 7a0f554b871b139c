//go:build unix

package database

import (
	"errors"
	"os"
	"syscall"
)

// LockFile locks a whole file for this process alone, until it is closed (flock(2)).
// It does not wait.
func LockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
