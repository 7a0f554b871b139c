//go:build postgres

package ledger_test

import (
	"testing"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/progress"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// TestPostgresArrivesWithTheLock: a login that asks with its lock what it has not asked before
// gets it where there is nothing to be told. Else it is refused, and has taken nothing; then
// what it has not heard of is done by whoever asks first.
func TestPostgresArrivesWithTheLock(t *testing.T) {
	const alice = "alice@example.org"
	at := databaseOf(t, servers.StartPostgres(t))
	at.Proxy = "one"
	one := at.open(t)
	at.Proxy = "two"
	two, typed := at.open(t), command(t, at)
	arriving := func(upstream string) backend.PageKey {
		k := key("")
		k.Lock, k.Takeover, k.Arrival = translate.LockAccount, time.Millisecond, &backend.Arrival{Upstream: upstream}
		return k
	}
	holding := arriving("")
	holding.Arrival = nil
	first := opens(t, one, holding)
	records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	closes(t, first)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lease := func() *progress.Lease {
		t.Helper()
		l, err := typed.Progress.Lease(t.Context(), alice)
		ok(err)
		return l
	}
	var held *progress.Lease
	var page *ledger.Page
	nothing := func() {}
	for _, c := range []struct {
		name     string
		before   func()
		upstream string // that the login takes for the account's
		enters   bool
		after    func()
	}{
		{"nothing has happened", nothing, "", true, nothing},
		{"an event", func() { announces(t, typed, logoutCarol) }, "", false, nothing},
		{"the event is done", nothing, "", true, nothing},
		{"a command works on the account", func() { held = lease() }, "", true, nothing},
		{"it holds the account", func() { ok(held.Hold(t.Context())) }, "", false, nothing},
		{"it holds it, which is done", nothing, "", false, nothing},
		{"it has lost its lease", func() { ledger.Damage(t, typed, "UPDATE moves SET worker_until = 1") }, "", true,
			func() {
				ledger.Damage(t, typed, "UPDATE moves SET worker_until = (EXTRACT(EPOCH FROM now()) * 1000)::bigint + 9000")
			}},
		{"it moves the account", func() { ok(held.Move(t.Context(), "", "other", "", false)); ok(held.Close(t.Context())) }, "", false, nothing},
		{"the move is done", nothing, "", false, nothing},
		{"the login knows of it", nothing, "other", true, nothing},
		{"the login is wrong", nothing, "another", false, nothing},
		{"disabled", func() { _, err := typed.Progress.Disable(t.Context(), alice, "why"); ok(err) }, "other", false, nothing},
		{"disabled, which is done", nothing, "other", false, func() { _, err := typed.Progress.Enable(t.Context(), alice); ok(err) }},
		{"enabled", nothing, "other", true, nothing},
		{"another proxy's session is silent", func() {
			page = opens(t, two, holding)
			ledger.Damage(t, two, "UPDATE leases SET active_at = now() - interval '5 minutes'")
		}, "other", false,
			func() { closes(t, page) }},
		{"this proxy's session is silent", func() { page = opens(t, one, holding); time.Sleep(2 * time.Millisecond) }, "other", false, func() { closes(t, page) }},
		{"a ledger restored from a backup", func() { ledger.Damage(t, typed, "UPDATE counters SET value = 1 WHERE kind = 'generation'") }, "other", false, nothing},
		{"the function is removed", func() { ledger.CloseEntrance(t, one) }, "other", false, func() {
			if one.Joins() {
				t.Error("who could not be asked is asked again")
			}
		}},
	} {
		c.before()
		leases := ledger.Rows(t, one, "leases")
		k := arriving(c.upstream)
		p, err := one.OpenPage(t.Context(), k)
		if (err == nil) != c.enters || err != nil && !refusedWith(err, translate.CodeInUse) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			if n := ledger.Rows(t, one, "leases"); n != leases {
				t.Errorf("%s: there were %d leases, and are %d", c.name, leases, n)
			}
		} else {
			if n := len(p.Listing().Entries); n != 2 {
				t.Errorf("%s: %d messages are known", c.name, n)
			}
			closes(t, p)
		}
		if place, _, err := one.Arrive(t.Context(), alice); err != nil || c.enters && place != k.Arrival.At {
			t.Errorf("%s: its place is %d, and that of who asks %d; %v", c.name, k.Arrival.At, place, err)
		}
		c.after()
	}
	memory := place{Options: ledger.Options{Driver: ledger.DriverMemory}}.open(t)
	if _, err := memory.OpenPage(t.Context(), arriving("")); !refusedWith(err, translate.CodeInUse) || memory.Joins() {
		t.Errorf("a ledger without such locks: %v", err)
	}
}

// TestPostgresArrivesInOrder: what an operator asks while a login waits for the lock comes
// behind the login's place, so that its session is ended, or is seen by it.
func TestPostgresArrivesInOrder(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	s, typed := at.open(t), command(t, at)
	awaited, open := gate(t, at.Source)
	k := key("")
	k.Arrival = new(backend.Arrival)
	came := make(chan error, 1)
	go func() {
		p, err := s.OpenPage(t.Context(), k)
		if err == nil {
			err = p.Close()
		}
		came <- err
	}()
	awaited()
	announces(t, typed, kickAlice)
	open()
	if err := <-came; err != nil {
		t.Fatal(err)
	}
	if now, _, err := s.Arrive(t.Context(), "alice@example.org"); err != nil || k.Arrival.At >= now {
		t.Errorf("the login's place is %d, the kick's %d; %v", k.Arrival.At, now, err)
	}
}
