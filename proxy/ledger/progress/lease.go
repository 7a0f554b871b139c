package progress

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
)

// leaseLife is how long a lease lasts after its holder's last sign of life. A command
// that was killed keeps nobody out for longer.
const leaseLife = 10 * time.Second

// ErrLeased says that another command works on the account.
var ErrLeased = errors.New("another command is working on the account; if it was killed, the account is free again within 10 seconds")

// errLost is what a command gets whose lease has passed to another.
var errLost = errors.New("the account has passed to another command, because the ledger could not be written in time")

// Lease lets one command work on an account, alone among all that share the ledger,
// until Close. It renews itself.
type Lease struct {
	store   *Store
	account string
	token   string
	stop    context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	lost    error // of the last attempt to renew it
}

// Lease takes an account for a command, or fails with ErrLeased. It fails with
// database.ErrNeedsDisk where the ledger is in memory.
func (s *Store) Lease(ctx context.Context, account string) (*Lease, error) {
	if !s.db.Durable() {
		return nil, database.ErrNeedsDisk
	}
	l := &Lease{store: s, account: account, token: rand.Text()}
	err := s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, fmt.Sprintf(`INSERT INTO moves (account, worker, worker_until) VALUES ($1, $2, %[1]s + $3)
			ON CONFLICT (account) DO UPDATE SET worker = excluded.worker, worker_until = excluded.worker_until, held = false
			WHERE NOT %[2]s RETURNING account`, s.db.Now(), s.leased()), database.Name(account), l.token, leaseLife.Milliseconds()).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrLeased
		}
		return err
	})
	if err != nil {
		return nil, s.db.Explain(err)
	}
	var alive context.Context
	alive, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.ended.Go(func() { l.renew(alive) })
	return l, nil
}

// renew renews the lease until it is closed.
func (l *Lease) renew(ctx context.Context) {
	ticker := time.NewTicker(leaseLife / 5)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := l.change(ctx, l.prolonged("held = held"), nil)
		l.mu.Lock()
		l.lost = err
		l.mu.Unlock()
	}
}

// leased is SQL that is true of an account which a command works on. An end that lies
// ahead of now by more than twice a lease's life was written before the clock was set
// back: a holder that lives has renewed it since.
func (s *Store) leased() string {
	return fmt.Sprintf("(moves.worker_until > %[1]s AND moves.worker_until <= %[1]s + %[2]d)", s.db.Now(), (2 * leaseLife).Milliseconds())
}

// Alive gives why the lease is lost, or cannot be said to be held; nil while it is
// held.
func (l *Lease) Alive() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Hold keeps everybody from logging in to the account until Release, or until the
// lease ends. Sessions that run may go on: proxies tell with events.Store.Sit how many.
func (l *Lease) Hold(ctx context.Context) error {
	return l.change(ctx, l.prolonged("held = true"), nil, events.Event{Kind: events.Held, Account: l.account})
}

// Release ends a Hold.
func (l *Lease) Release(ctx context.Context) error {
	return l.change(ctx, l.prolonged("held = false"), nil)
}

// Move makes an upstream the one that serves the account, from the next login on;
// proxies end the sessions that run. pending is what is left to be done then, for
// whoever works on the account next. origin is where it was served before, and
// returned says that to is where it had come from.
func (l *Lease) Move(ctx context.Context, origin, to, pending string, returned bool) error {
	return l.change(ctx, l.prolonged("upstream = $3, origin = $4, pending = $5, returned = $6, moved_at = "+l.store.db.Now()),
		[]any{database.Name(to), database.Name(origin), pending, returned}, events.Event{Kind: events.Moved, Account: l.account})
}

// Done takes away what Move has said to be pending.
func (l *Lease) Done(ctx context.Context) error {
	return l.change(ctx, l.prolonged("pending = ''"), nil)
}

// Close ends the lease, and a Hold with it.
func (l *Lease) Close(ctx context.Context) error {
	l.stop()
	l.ended.Wait()
	if err := l.change(ctx, "held = false, worker = '', worker_until = 0", nil); err != nil {
		return err
	}
	// An account of which nothing is said needs no row.
	return l.store.db.Explain(l.store.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, "DELETE FROM moves WHERE account = $1 AND moved_at = 0 AND worker = '' AND disabled_at = 0", database.Name(l.account))
	}))
}

// prolonged is a change that renews the lease too.
func (l *Lease) prolonged(set string) string {
	return fmt.Sprintf("%s, worker_until = %s + %d", set, l.store.db.Now(), leaseLife.Milliseconds())
}

// change changes the account's row while the lease is held, and publishes what proxies
// have to know in the same transaction. The first of args is $3.
func (l *Lease) change(ctx context.Context, set string, args []any, published ...events.Event) error {
	return l.store.db.Explain(l.store.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, fmt.Sprintf("UPDATE moves SET %s WHERE account = $1 AND worker = $2 AND worker_until > %s RETURNING account", set, l.store.db.Now()),
			append([]any{database.Name(l.account), l.token}, args...)...).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return errLost
		}
		for _, e := range published {
			if err == nil {
				err = events.Publish(ctx, tx, e)
			}
		}
		return err
	}))
}
