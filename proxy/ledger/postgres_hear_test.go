//go:build postgres

package ledger_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
)

// Every proxy that is running is waited for, and those that do not answer are named.
func TestEveryProxyAnswersOnPostgres(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	open := func(name string) *ledger.Store {
		at.Proxy = name
		return at.open(t)
	}
	one, two := open("one"), open("two")
	answers(t, one, aliceIsIn)
	typed := command(t, at)
	roll := asks(t, typed, "", 2*time.Second)
	for end := time.Now().Add(hang); len(roll.Present) == 0 && time.Now().Before(end); { // the machine is slow
		roll = asks(t, typed, "", 2*time.Second)
	}
	if !slices.Equal(roll.Silent, []string{"two"}) || !reflect.DeepEqual(roll.Present["one"], []backend.SessionInfo{aliceIsIn}) {
		t.Errorf("while two hears nothing the roll is %+v", roll)
	}
	answers(t, two)
	roll = asks(t, typed, "", hang)
	if present, answered := roll.Present["two"]; len(roll.Silent) > 0 || !answered || len(present) > 0 || len(roll.Present["one"]) != 1 {
		t.Errorf("with both the roll is %+v", roll)
	}
}

// Every proxy hears of a change, whichever it was announced beside, and goes on
// listening where the database was gone for a while.
func TestProxiesHearOfChangesOnPostgres(t *testing.T) {
	server := servers.StartPostgres(t)
	at := databaseOf(t, server)
	one, two := at.open(t), at.open(t)
	first, second := listens(t, one), listens(t, two)
	announces(t, command(t, at), kickAlice)
	first.hears(t, kickAlice)
	second.hears(t, kickAlice)
	server.Stop()
	if err := one.Events.Sync(context.Background()); err == nil {
		t.Error("a database that is gone is no error")
	}
	server.Start(t)
	announces(t, command(t, at), heldBob)
	first.hears(t, heldBob)
	second.hears(t, heldBob)
}

// Who listens is woken by what others publish, before it looks by itself, and where it
// stops nothing goes on listening.
func TestProxiesAreWokenOnPostgres(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	one, two := at.open(t), at.open(t)
	woken := make(chan struct{}, 100)
	t.Run("while it listens", func(t *testing.T) {
		ledger.Wakes(t, one, func() { woken <- struct{}{} })
		for ledger.Listeners(t, two) == 0 {
			time.Sleep(time.Millisecond)
		}
		for range 3 {
			announces(t, two, kickAlice)
			select {
			case <-woken:
			case <-time.After(hang):
				t.Fatal("nothing has woken it")
			}
		}
	})
	for end := time.Now().Add(hang); ledger.Listeners(t, two) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it listens still")
		}
	}
}
