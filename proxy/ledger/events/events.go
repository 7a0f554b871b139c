package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/recall"
)

// Kind says what running proxies have to do.
type Kind string

// What commands change for running proxies. The words stand in the database.
const (
	Kick     Kind = "kick"     // end sessions
	Logout   Kind = "logout"   // end sessions and forget connections that are logged in upstream
	Revoked  Kind = "revoked"  // a device password is no longer valid
	Moved    Kind = "moved"    // the account is served from another upstream
	Disabled Kind = "disabled" // nobody may log in to the account any more
	Held     Kind = "held"     // the account is not served for a while, or is again
	Who      Kind = "who"      // the account's sessions are asked for; all where it is empty
	Trouble  Kind = "trouble"  // what went wrong for the account, or for the address that stands in its place, is asked for
)

// Event is something that a command has changed for proxies that run.
type Event struct {
	Kind    Kind
	Account string
	Device  string // empty: every device of the account
	// Question is what Answer is to be given, where something is asked for.
	Question string
}

const (
	// counterGeneration is the kind of counter that says how many events there
	// were.
	counterGeneration = "generation"
	// pollInterval is how often a running proxy looks for events.
	pollInterval = time.Second
	// listenAgain is how long after a failure the database is listened to again.
	listenAgain = 5 * time.Second
	// eventsKept is how long an event is kept for a proxy that cannot reach the
	// database. Sessions that old have long ended.
	eventsKept = 7 * 24 * time.Hour
	// eventsAlways is how many of the newest are kept however old they seem: a
	// machine whose clock is ahead must not throw away what others have not read.
	eventsAlways = 10_000
)

// seen is how far a proxy has come with events.
type seen struct {
	generation atomic.Int64
	restored   atomic.Int64 // how many generations were taken back, by a ledger that was restored
	mu         sync.Mutex   // held while events are given out, each once
	each       func(e Event, at int64)
}

// Publish tells running proxies of a change: those that share this ledger act on
// it within about a second, and before any login that begins after Publish has
// returned. It fails with database.ErrNeedsDisk where the ledger is in memory.
func (s *Store) Publish(ctx context.Context, e Event) error {
	if !s.db.Durable() {
		return database.ErrNeedsDisk
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error { return Publish(ctx, tx, e) }))
}

// Publish does that within the transaction that makes the change. Events are
// committed in the order of their generations, since the counter's row is held.
func Publish(ctx context.Context, tx database.Querier, e Event) error {
	generation, err := raiseCounter(ctx, tx, counterGeneration, "", 1)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := tx.Exec(ctx, "DELETE FROM changes WHERE at < $1 AND generation <= $2", now.Add(-eventsKept).UnixMilli(), generation-eventsAlways); err != nil {
		return err
	}
	err = tx.Exec(ctx, "INSERT INTO changes (generation, at, kind, account, device, question) VALUES ($1, $2, $3, $4, $5, $6)",
		generation, now.UnixMilli(), string(e.Kind), database.Name(e.Account), database.Name(e.Device), e.Question)
	if err != nil {
		return err
	}
	return database.Wake(ctx, tx)
}

// Begin makes what was published before the Store was opened old news.
func (s *Store) Begin(ctx context.Context) error {
	now, err := s.generation(ctx)
	s.seen.generation.Store(now)
	return err
}

// Generation is SQL for how many events there were.
const Generation = "(SELECT COALESCE(MAX(value), 0) FROM counters WHERE kind = '" + counterGeneration + "' AND name = '')"

func (s *Store) generation(ctx context.Context) (now int64, err error) {
	err = s.db.View().Row(ctx, "SELECT "+Generation).Scan(&now)
	return now, err
}

// Watch gives each event that is published from the opening of the Store on,
// until ctx ends. It looks every second, and at once where the database wakes it, and
// goes on where a database that was gone answers again. There is one Watch for each Store; each must not wait for
// long, since logins wait for it.
func (s *Store) Watch(ctx context.Context, each func(Event)) {
	s.WatchPlaces(ctx, func(e Event, _ int64) { each(e) })
}

// WatchPlaces is Watch with the place of each event in their order, as this process counts
// them; see Arrive.
func (s *Store) WatchPlaces(ctx context.Context, each func(e Event, at int64)) {
	s.seen.mu.Lock()
	s.seen.each = each
	s.seen.mu.Unlock()
	woken := make(chan struct{}, 1)
	var listening sync.WaitGroup
	listening.Go(func() { s.listen(ctx, woken) })
	defer listening.Wait()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		look, cancel := context.WithTimeout(ctx, database.Patience)
		err := s.Sync(look)
		cancel()
		if err == nil {
			s.db.Answered()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-woken:
		}
	}
}

// listen passes on that the database wakes this process. Where it cannot listen Watch
// still looks every second, so that nothing is said of it.
func (s *Store) listen(ctx context.Context, woken chan<- struct{}) {
	for ctx.Err() == nil {
		_ = s.db.Listen(ctx, func() {
			select {
			case woken <- struct{}{}:
			default: // it will look anyway
			}
		})
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

type generationKey struct{}

// Sync has Watch's function called now for what has been published. A login calls it
// before it opens anything: what was published before is then done, and does not hit
// the new session. It costs the reading of one row, unless nothing has changed it since.
func (s *Store) Sync(ctx context.Context) error {
	if !s.db.Durable() {
		return nil
	}
	_, err := s.Arrive(ctx, func() (int64, error) {
		return recall.Of(s.db.Memory(), generationKey{}, func() (int64, recall.Made, error) {
			now, err := s.generation(ctx)
			return now, recall.Made{Of: []recall.Tag{database.OfCounter(counterGeneration, "")}}, err
		})
	})
	return err
}

// Arrive is Sync by a Generation that read gives. A login that reads it in one statement
// with what events tell of has a name by then, and events that are older than what it has
// read may be given out meanwhile: they are those whose place is not beyond at.
func (s *Store) Arrive(ctx context.Context, read func() (int64, error)) (at int64, err error) {
	restored := s.seen.restored.Load() // before: if it is old, more events count as new
	now, err := read()
	if err == nil && now != s.seen.generation.Load() {
		err = s.poll(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return 0, err // the caller's time is over, which says nothing about the database
	}
	return restored + now, s.db.Refusal(err)
}

// Done gives how many events are done, and a place behind them; see Arrive. A login that
// finds no more of them in the ledger has missed none.
func (s *Store) Done() (generation, at int64) {
	restored := s.seen.restored.Load() // before: if it is old, more events count as new
	generation = s.seen.generation.Load()
	return generation, restored + generation
}

// poll gives out what is new. A ledger that was restored from a backup has a
// lower generation than was seen: it counts from there.
func (s *Store) poll(ctx context.Context) error {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	now, err := s.generation(ctx)
	if err != nil {
		return err
	}
	last := s.seen.generation.Load()
	if now < last {
		s.seen.restored.Add(last - now)
	}
	restored := s.seen.restored.Load()
	type placed struct {
		Event
		at int64
	}
	var news []placed
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var e placed
		if err := scan(&e.at, &e.Kind, &e.Account, &e.Device, &e.Question); err != nil {
			return err
		}
		e.at += restored
		e.Account, e.Device = database.Unname(e.Account), database.Unname(e.Device)
		news = append(news, e)
		return nil
	}, "SELECT generation, kind, account, device, question FROM changes WHERE generation > $1 AND generation <= $2 ORDER BY generation", last, now)
	if err != nil {
		return fmt.Errorf("reading what commands have changed: %w", err)
	}
	if s.seen.each != nil {
		for _, e := range news {
			s.seen.each(e.Event, e.at)
		}
	}
	// Not before: a login that finds them seen takes them for done (see Sync).
	s.seen.generation.Store(now)
	return nil
}

// raiseCounter adds to a counter and gives what it is then. The transaction holds its
// row until it ends.
func raiseCounter(ctx context.Context, tx database.Querier, kind, name string, by int64) (value int64, err error) {
	err = tx.Row(ctx, `INSERT INTO counters (kind, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET value = counters.value + excluded.value RETURNING value`, kind, name, by).Scan(&value)
	return value, err
}
