package database

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// LockFile locks a whole file for this process alone, until it is closed (LockFileEx).
// It does not wait.
func LockFile(file *os.File) error {
	const whole = 1 // octet stands for all of them: everyone locks the same
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, whole, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrHeld
	}
	return err
}
