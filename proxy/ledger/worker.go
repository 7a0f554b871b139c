package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// workLife is how long an account stays a worker's after the worker's last sign
// of life. One that was killed keeps nobody out for longer.
const workLife = 10 * time.Second

// ErrAtWork says that another command works on the account.
var ErrAtWork = errors.New("another command is at work on the account; one that was ended has its account freed within 10 seconds")

// errLost is what a worker gets whose account has passed to another.
var errLost = errors.New("the account has passed to another command, since the ledger could not be written in time")

// Worker is a command that works on one account, alone among all that share the
// ledger, until Close. It puts off its end by itself.
type Worker struct {
	store   *Store
	account string
	token   string
	stop    context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	lost    error // of the last attempt to put off its end
}

// Work begins work on an account, or fails with ErrAtWork. It fails with
// ErrNeedsDisk where the ledger is in memory.
func (s *Store) Work(ctx context.Context, account string) (*Worker, error) {
	if s.kind == DriverMemory {
		return nil, ErrNeedsDisk
	}
	w := &Worker{store: s, account: account, token: rand.Text()}
	err := s.db.update(ctx, func(tx statements) error {
		var one string
		err := tx.row(ctx, fmt.Sprintf(`INSERT INTO moves (account, worker, worker_until) VALUES ($1, $2, %[1]s + $3)
			ON CONFLICT (account) DO UPDATE SET worker = excluded.worker, worker_until = excluded.worker_until, held = false
			WHERE NOT %[2]s RETURNING account`, s.now(), s.working()), name(account), w.token, workLife.Milliseconds()).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrAtWork
		}
		return err
	})
	if err != nil {
		return nil, s.scrub(err)
	}
	var alive context.Context
	alive, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.ended.Go(func() { w.live(alive) })
	return w, nil
}

// live puts off the worker's end until it stops.
func (w *Worker) live(ctx context.Context) {
	ticker := time.NewTicker(workLife / 5)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := w.change(ctx, w.prolonged("held = held"), nil)
		w.mu.Lock()
		w.lost = err
		w.mu.Unlock()
	}
}

// working is SQL that is true of an account which a worker has. An end that lies
// ahead of now by more than a worker's life twice was written before the clock was
// set back: a worker that lives has put it off since.
func (s *Store) working() string {
	return fmt.Sprintf("(moves.worker_until > %[1]s AND moves.worker_until <= %[1]s + %[2]d)", s.now(), (2 * workLife).Milliseconds())
}

// Alive gives why the account is not this worker's any more, or cannot be said to
// be; nil while it is.
func (w *Worker) Alive() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// Hold keeps everybody from logging in to the account until Release, or until the
// worker ends. Sessions that run may go on: proxies tell with Sat how many.
func (w *Worker) Hold(ctx context.Context) error {
	return w.change(ctx, w.prolonged("held = true"), nil, Change{Kind: Held, Account: w.account})
}

// Release ends a Hold.
func (w *Worker) Release(ctx context.Context) error {
	return w.change(ctx, w.prolonged("held = false"), nil)
}

// Move makes an upstream the one that serves the account, from the next login on;
// proxies end the sessions that run. pending is what is left to be done then, for
// whoever works on the account next. origin is where it was served before, and
// returned says that to is where it had come from.
func (w *Worker) Move(ctx context.Context, origin, to, pending string, returned bool) error {
	return w.change(ctx, w.prolonged("upstream = $3, origin = $4, pending = $5, returned = $6, moved_at = "+w.store.now()),
		[]any{name(to), name(origin), pending, returned}, Change{Kind: Moved, Account: w.account})
}

// Done takes away what Move has said to be pending.
func (w *Worker) Done(ctx context.Context) error {
	return w.change(ctx, w.prolonged("pending = ''"), nil)
}

// Close ends the work, and a Hold with it.
func (w *Worker) Close(ctx context.Context) error {
	w.stop()
	w.ended.Wait()
	if err := w.change(ctx, "held = false, worker = '', worker_until = 0", nil); err != nil {
		return err
	}
	// An account of which nothing is said needs no row.
	return w.store.scrub(w.store.db.update(ctx, func(tx statements) error {
		return tx.exec(ctx, "DELETE FROM moves WHERE account = $1 AND moved_at = 0 AND worker = ''", name(w.account))
	}))
}

// prolonged is a change that is a sign of life too.
func (w *Worker) prolonged(set string) string {
	return fmt.Sprintf("%s, worker_until = %s + %d", set, w.store.now(), workLife.Milliseconds())
}

// change changes the account's row where it is still this worker's, and announces
// what proxies have to know in the same transaction. The first of args is $3.
func (w *Worker) change(ctx context.Context, set string, args []any, announced ...Change) error {
	return w.store.scrub(w.store.db.update(ctx, func(tx statements) error {
		var one string
		err := tx.row(ctx, fmt.Sprintf("UPDATE moves SET %s WHERE account = $1 AND worker = $2 AND worker_until > %s RETURNING account", set, w.store.now()),
			append([]any{name(w.account), w.token}, args...)...).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return errLost
		}
		for _, c := range announced {
			if err == nil {
				err = announce(ctx, tx, c)
			}
		}
		return err
	}))
}
