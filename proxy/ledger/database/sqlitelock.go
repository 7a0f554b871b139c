package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

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
		err := LockFile(file)
		switch {
		case err == nil:
			return &ownership{file: file, alone: true}, nil
		case !errors.Is(err, ErrHeld):
			return nil, errors.Join(fmt.Errorf("locking %s: %w", file.Name(), err), file.Close())
		case serve && attempt < 20: // a command may be looking
		case serve:
			return nil, errors.Join(&inUse{path}, file.Close())
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

// inUse is what is said of a file that another process serves.
type inUse struct{ path string }

func (u *inUse) Error() string {
	return fmt.Sprintf("the ledger %s is in use by another running popbridge; give each its own state.source, or use state.driver = \"postgres\" to share one", u.path)
}

func (u *inUse) Unwrap() error { return ErrServed }
