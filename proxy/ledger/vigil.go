package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// vigilInterval is how often a serving process looks after SQLite's file.
	vigilInterval = time.Second
	// leastRoom is what the smallest transactions need, with some to spare.
	leastRoom = 256 << 10
)

// errUnwritable is why a ledger that can be read is not ready.
var errUnwritable = errors.New("what was to be written last could not be written; see the log")

// errFull says that the next write may be the one that fails.
var errFull = errors.New("there is no room left on the disk of the ledger")

// ready says why sessions could not rely on the ledger now: its file is another,
// nothing can be written, or soon nothing can.
func (s *Store) ready() error {
	if file := s.db.file; file != nil {
		if err := file.check(); err != nil {
			return err
		}
		if left := room(file.path); left >= 0 && left < leastRoom {
			return fmt.Errorf("%w %s: %d octets", errFull, file.path, left)
		}
	}
	if s.unwritable.Load() {
		return errUnwritable
	}
	return nil
}

// keepVigil begins to look after the file, and gives what ends that.
func (s *Store) keepVigil() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(vigilInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				s.look(ctx)
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// look tells the log of a file that is not what it was, and tries to write where
// nothing could be written: a service that is not ready gets no device that would.
func (s *Store) look(ctx context.Context) {
	err := s.ready()
	if errors.Is(err, errUnwritable) {
		write, cancel := context.WithTimeout(ctx, patience)
		err = s.written(s.db.update(write, func(statements) error { return nil }))
		cancel()
	}
	if err != nil && ctx.Err() == nil {
		_ = s.unavailable(err) // it is logged
	}
}
