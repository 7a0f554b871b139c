package ledger_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

// ear is a Watch that notes what it hears.
type ear chan events.Event

// listens begins a Watch that ends with the test.
func listens(t *testing.T, s *ledger.Store) ear {
	t.Helper()
	heard := make(ear, 100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Events.Watch(ctx, func(c events.Event) { heard <- c })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return heard
}

// hears waits for changes, in this order, and fails where there are others.
func (e ear) hears(t *testing.T, want ...events.Event) {
	t.Helper()
	var got []events.Event
	for len(got) < len(want) {
		select {
		case c := <-e:
			got = append(got, c)
		case <-time.After(hang):
			t.Fatalf("heard %+v, want %+v", got, want)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %+v, want %+v", got, want)
	}
}

func announces(t *testing.T, s *ledger.Store, changes ...events.Event) {
	t.Helper()
	for _, c := range changes {
		if err := s.Events.Publish(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// command opens the ledger beside those that serve it.
func command(t *testing.T, at place) *ledger.Store {
	t.Helper()
	s, err := ledger.Open(context.Background(), at.Options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, s) })
	return s
}

var (
	kickAlice   = events.Event{Kind: events.Kick, Account: "alice@example.org", Device: "scanner"}
	heldBob     = events.Event{Kind: events.Held, Account: "b\xffb@example.org"}
	logoutCarol = events.Event{Kind: events.Logout, Account: "carol@example.org"}
)

// A login that begins while a change is being given out waits until that has been done:
// what it finds seen would hit its session else.
func aLoginWaitsForWhatIsGivenOut(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	serving := at.open(t)
	begun, release := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		serving.Events.Watch(ctx, func(events.Event) { close(begun); <-release; done.Store(true) })
	})
	announces(t, command(t, at), kickAlice)
	<-begun
	login := make(chan bool)
	go func() {
		if err := serving.Events.Sync(context.Background()); err != nil {
			t.Error(err)
		}
		login <- done.Load()
	}()
	select {
	case <-login:
		t.Error("a login did not wait")
		close(release)
	case <-time.After(100 * time.Millisecond): // time for one that does not wait
		close(release)
		if !<-login {
			t.Error("a login did not wait to the end")
		}
	}
	cancel()
	ended.Wait()
}

func changesAreHeardOnce(t *testing.T, at place) {
	serving := at.open(t)
	if !at.lasts {
		if err := serving.Events.Publish(context.Background(), kickAlice); !errors.Is(err, ledger.ErrNeedsDisk) {
			t.Errorf("a ledger in memory says %v", err)
		}
		return
	}
	typed := command(t, at)
	announces(t, typed, kickAlice) // before anybody listens, yet after the opening
	heard := listens(t, serving)
	heard.hears(t, kickAlice)
	announces(t, typed, heldBob, logoutCarol)
	heard.hears(t, heldBob, logoutCarol)
	writes := ledger.Writes(serving)
	if err := serving.Events.Sync(context.Background()); err != nil {
		t.Error(err)
	}
	announces(t, typed, kickAlice)
	if err := serving.Events.Sync(context.Background()); err != nil {
		t.Error(err)
	}
	if len(heard) != 1 {
		t.Errorf("after CatchUp %d changes are heard, want the one announced before", len(heard))
	}
	heard.hears(t, kickAlice)
	if n := ledger.Writes(serving) - writes; n != 0 {
		t.Errorf("listening wrote %d times", n)
	}
	closes(t, serving)
	again := at.open(t)
	later := listens(t, again)
	announces(t, typed, heldBob)
	later.hears(t, heldBob) // and not what was announced before it was opened
}

// A ledger that was restored from a backup counts from where it is.
func changesAfterARestore(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	serving, typed := at.open(t), command(t, at)
	heard := listens(t, serving)
	announces(t, typed, kickAlice, kickAlice, kickAlice)
	heard.hears(t, kickAlice, kickAlice, kickAlice)
	ledger.Damage(t, typed, "UPDATE counters SET value = 1 WHERE kind = 'generation'")
	ledger.Damage(t, typed, "DELETE FROM changes WHERE generation > 1")
	if err := serving.Events.Sync(context.Background()); err != nil {
		t.Error(err)
	}
	announces(t, typed, logoutCarol)
	heard.hears(t, logoutCarol)
}
