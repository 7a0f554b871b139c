//go:build postgres

package ledger_test

import (
	"context"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/tests/servers"
)

// TestPostgresArrivals: a login's place lies behind what was published before it, which is
// done by then, and before what is published later, also in a ledger that was restored.
func TestPostgresArrivals(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	serving, typed := at.open(t), command(t, at)
	type heard struct {
		account string
		at      int64
	}
	news := make(chan heard, 100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serving.Events.WatchPlaces(ctx, func(e events.Event, at int64) { news <- heard{e.Account, at} })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	arrives := func() int64 {
		t.Helper()
		at, placed, err := serving.Arrive(t.Context(), "alice@example.org")
		if err != nil || placed.Upstream != "" || placed.Held || placed.Disabled {
			t.Fatalf("%+v, %v", placed, err)
		}
		return at
	}
	first := arrives()
	for _, step := range []func(){
		func() {},
		func() {
			ledger.Damage(t, typed, "UPDATE counters SET value = 1 WHERE kind = 'generation'")
			ledger.Damage(t, typed, "DELETE FROM changes WHERE generation > 1")
			if err := serving.Events.Sync(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		step()
		before := arrives()
		announces(t, typed, kickAlice, logoutCarol)
		after := arrives()
		if len(news) != 2 {
			t.Fatalf("%d events are done when a login begins behind them, want 2", len(news))
		}
		for range 2 {
			if n := <-news; n.at <= before || n.at > after || n.at <= first {
				t.Errorf("the event for %s is at %d, between logins at %d and %d", n.account, n.at, before, after)
			}
		}
	}
	move, err := typed.Progress.Lease(t.Context(), "alice@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if err := move.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, placed, err := serving.Arrive(t.Context(), "alice@example.org")
	if n := <-news; err != nil || !placed.Held || n.at != held {
		t.Errorf("held: %+v at %d, the event at %d; %v", placed, held, n.at, err)
	}
	if err := move.Move(t.Context(), "", "other", "", false); err != nil {
		t.Fatal(err)
	}
	if err := move.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before, err := typed.Progress.Disable(t.Context(), "alice@example.org", "why"); err != nil || before {
		t.Fatal(before, err)
	}
	_, placed, err = serving.Arrive(t.Context(), "alice@example.org")
	if err != nil || placed.Held || placed.Upstream != "other" || !placed.Disabled || placed.Why != "why" {
		t.Errorf("moved and disabled: %+v, %v", placed, err)
	}
}
