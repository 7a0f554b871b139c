package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ChangeKind says what running proxies have to do.
type ChangeKind string

// What commands change for running proxies. The words stand in the database.
const (
	Kick    ChangeKind = "kick"    // end sessions
	Logout  ChangeKind = "logout"  // end sessions and forget connections that are logged in upstream
	Revoked ChangeKind = "revoked" // a device password is no longer valid
	Moved   ChangeKind = "moved"   // the account is served from another upstream
	Held    ChangeKind = "held"    // the account is not served for a while, or is again
	Who     ChangeKind = "who"     // the account's sessions are asked for; all where it is empty
)

// Change is something that a command has changed for proxies that run.
type Change struct {
	Kind    ChangeKind
	Account string
	Device  string // empty: every device of the account
	// Question is what Answer is to be given, where Kind is Who.
	Question string
}

// ErrNeedsDisk is what a command gets that nobody else could hear of.
var ErrNeedsDisk = errors.New(`state.driver is "memory": this needs a ledger on disk, sqlite or postgres`)

const (
	// counterGeneration is the kind of counter that says how many changes there
	// were.
	counterGeneration = "generation"
	// listenInterval is how often a running proxy looks for changes.
	listenInterval = time.Second
	// changesKept is how long a change is kept for a proxy that cannot reach the
	// database. Sessions that old have long ended.
	changesKept = 7 * 24 * time.Hour
	// changesAlways is how many of the newest are kept however old they seem: a
	// machine whose clock is ahead must not throw away what others have not heard of.
	changesAlways = 10_000
)

// heard is how far a proxy has heard of changes.
type heard struct {
	generation atomic.Int64
	mu         sync.Mutex // held while changes are given out, each once
	each       func(Change)
}

// Announce tells running proxies of a change: those that share this ledger act on
// it within about a second, and before any login that begins after Announce has
// returned. It fails with ErrNeedsDisk where the ledger is in memory.
func (s *Store) Announce(ctx context.Context, c Change) error {
	if s.kind == DriverMemory {
		return ErrNeedsDisk
	}
	return s.scrub(s.db.update(ctx, func(tx statements) error { return announce(ctx, tx, c) }))
}

// announce is Announce within the transaction that makes the change. Changes are
// committed in the order of their generations, since the counter's row is held.
func announce(ctx context.Context, tx statements, c Change) error {
	generation, err := raise(ctx, tx, counterGeneration, "", 1)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := tx.exec(ctx, "DELETE FROM changes WHERE at < $1 AND generation <= $2", now.Add(-changesKept).UnixMilli(), generation-changesAlways); err != nil {
		return err
	}
	return tx.exec(ctx, "INSERT INTO changes (generation, at, kind, account, device, question) VALUES ($1, $2, $3, $4, $5, $6)",
		generation, now.UnixMilli(), string(c.Kind), name(c.Account), name(c.Device), c.Question)
}

// beginHearing makes what was changed before the Store was opened old news.
func (s *Store) beginHearing(ctx context.Context) error {
	now, err := s.generation(ctx)
	s.heard.generation.Store(now)
	return err
}

func (s *Store) generation(ctx context.Context) (now int64, err error) {
	err = s.db.view().row(ctx, "SELECT COALESCE(MAX(value), 0) FROM counters WHERE kind = $1 AND name = ''", counterGeneration).Scan(&now)
	return now, err
}

// Watch gives each change that is announced from the opening of the Store on,
// until ctx ends. It looks every second, and goes on where a database that was
// gone answers again. There is one Watch for each Store; each must not wait for
// long, since logins wait for it.
func (s *Store) Watch(ctx context.Context, each func(Change)) {
	s.heard.mu.Lock()
	s.heard.each = each
	s.heard.mu.Unlock()
	ticker := time.NewTicker(listenInterval)
	defer ticker.Stop()
	for {
		look, cancel := context.WithTimeout(ctx, patience)
		err := s.CatchUp(look)
		cancel()
		if err == nil {
			s.available()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// CatchUp has Watch's function called now for what has been announced. A login
// calls it before it opens anything: what was announced before is then done, and
// does not hit the new session. It costs the reading of one row.
func (s *Store) CatchUp(ctx context.Context) error {
	if s.kind == DriverMemory {
		return nil
	}
	now, err := s.generation(ctx)
	if err == nil && now != s.heard.generation.Load() {
		err = s.hear(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err // the caller's time is over, which says nothing about the database
	}
	return s.unavailable(err)
}

// hear gives out what is new. A ledger that was restored from a backup has a
// lower generation than was heard of: it counts from there.
func (s *Store) hear(ctx context.Context) error {
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	now, err := s.generation(ctx)
	if err != nil {
		return err
	}
	last := s.heard.generation.Load()
	var changes []Change
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var c Change
		if err := scan(&c.Kind, &c.Account, &c.Device, &c.Question); err != nil {
			return err
		}
		c.Account, c.Device = unname(c.Account), unname(c.Device)
		changes = append(changes, c)
		return nil
	}, "SELECT kind, account, device, question FROM changes WHERE generation > $1 AND generation <= $2 ORDER BY generation", last, now)
	if err != nil {
		return fmt.Errorf("reading what commands have changed: %w", err)
	}
	s.heard.generation.Store(now)
	if s.heard.each != nil {
		for _, c := range changes {
			s.heard.each(c)
		}
	}
	return nil
}
