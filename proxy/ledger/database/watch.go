package database

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// watchInterval is how often a serving process looks after SQLite's file.
	watchInterval = time.Second
	// leastRoom is what the smallest transactions need, with some to spare.
	leastRoom = 256 << 10
)

// errUnwritable is why a ledger that can be read is not ready.
var errUnwritable = errors.New("the last write failed; see the log")

// errFull says that the next write may be the one that fails.
var errFull = errors.New("there is no room left on the disk of the ledger")

// ready says why sessions could not rely on the ledger now: its file is another,
// nothing can be written, or soon nothing can.
func (d *DB) ready() error {
	if file := d.file; file != nil {
		if err := file.check(); err != nil {
			return err
		}
		if left := room(file.path); left >= 0 && left < leastRoom {
			return fmt.Errorf("%w %s: %d octets", errFull, file.path, left)
		}
	}
	if d.unwritable.Load() {
		return errUnwritable
	}
	return nil
}

// watch begins to look after the file, and gives what ends that.
func (d *DB) watch() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				d.look(ctx)
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// look tells the log of a file that is not what it was, and tries to write where
// nothing could be written: a service that is not ready gets no device that would.
func (d *DB) look(ctx context.Context) {
	err := d.ready()
	if errors.Is(err, errUnwritable) {
		write, cancel := context.WithTimeout(ctx, Patience)
		err = d.Wrote(d.Update(write, func(Querier) error { return nil }))
		cancel()
	}
	if err != nil && ctx.Err() == nil {
		_ = d.Refusal(err) // it is logged
	}
}

// Ping asks whether the database answers, and can be relied on.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.ready(); err != nil {
		return d.Explain(err)
	}
	return d.Explain(d.read.PingContext(ctx))
}

// Check fails where SQLite's file is not the one that was opened.
func (d *DB) Check() error {
	if d.file == nil {
		return nil
	}
	return d.file.check()
}
