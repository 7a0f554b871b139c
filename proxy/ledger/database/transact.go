package database

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// View is for reading.
func (d *DB) View() Querier { return Querier{owner: d, db: d.read} }

// attemptsToWrite is how often a transaction is begun that others stand in the way of.
const attemptsToWrite = 5

// Update runs f in a transaction; an error of f undoes it, and f runs again where
// the database has undone it because of another that ran at the same time, or
// because of one that shared the transaction. The commit is durable when Update
// returns nil.
func (d *DB) Update(ctx context.Context, f func(Querier) error) (err error) {
	d.writes.Add(1)
	if d.queue != nil {
		return d.queue.run(ctx, f)
	}
	for range attemptsToWrite {
		if err = d.transact(ctx, f); !clashed(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// transact runs f in a transaction, once.
func (d *DB) transact(ctx context.Context, f func(Querier) error) error {
	if d.file != nil {
		if err := d.file.check(); err != nil {
			return err
		}
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	changed := new(changes)
	if d.memory != nil {
		changed = d.touched.begin()
	}
	var fresh []string
	if err := f(Querier{owner: d, db: d.write, tx: tx, fresh: &fresh}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	var stamp uint32
	if d.file != nil {
		if stamp, err = d.file.raise(ctx, tx); err != nil {
			return errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}
	if err := changed.unknown; err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	err = d.memory.Commit(changed.tags, tx.Commit)
	d.rehearse(ctx, fresh)
	if err == nil && d.file != nil {
		err = d.file.raised(stamp)
	}
	return err
}

// rehearse prepares what a transaction has used, for the next ones: to parse it
// takes SQLite longer than to run it. Within the transaction that was not
// possible, because that has the one connection that writes.
func (d *DB) rehearse(ctx context.Context, texts []string) {
	for _, text := range texts {
		stmt, err := d.write.PrepareContext(ctx, text)
		if err != nil {
			return // it runs as it did
		}
		if _, ok := d.rehearsed.LoadOrStore(text, stmt); ok {
			stmt.Close()
		}
	}
}

// ignoreDone leaves out that a context has undone the transaction already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Patience bounds everything that a session asks of the database. It is long enough
// for a command that holds SQLite's one write lock, and short enough for a device
// that waits for its answer.
const Patience = 30 * time.Second

// Bounded gives a question to the database no more than Patience.
func Bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	b := &bounded{Context: ctx, deadline: time.Now().Add(Patience)}
	return b, b.cancel
}
