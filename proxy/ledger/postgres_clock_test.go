//go:build postgres

package ledger_test

import (
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// What proxies share on PostgreSQL is judged by its clock alone, and that is set
// back at times.
func TestPostgresClockWasAhead(t *testing.T) {
	at := databaseOf(t, servers.StartPostgres(t))
	k := key("")
	k.Lock = translate.LockAccount
	t.Run("a dead proxy", func(t *testing.T) {
		dead, alive := at.open(t), at.open(t)
		opens(t, dead, k)
		ledger.StopHeart(dead)
		ledger.Damage(t, alive, "UPDATE proxies SET heartbeat = heartbeat + interval '1 hour'")
		opens(t, alive, k) // its heartbeat lies in the future, and its lock is free
	})
	t.Run("a proxy that lives", func(t *testing.T) {
		holder, other := at.open(t), at.open(t)
		living := k
		living.Account = "erin@example.org"
		opens(t, holder, living)
		ledger.Damage(t, other, "UPDATE proxies SET heartbeat = heartbeat + interval '1 hour'")
		ledger.Beat(t, holder) // it says the time of now again, and keeps its lock
		if _, err := other.OpenPage(t.Context(), living); !refusedWith(err, translate.CodeInUse) {
			t.Errorf("the lock of a proxy that lives: %v", err)
		}
	})
	t.Run("a session that is silent", func(t *testing.T) {
		holder, other := at.open(t), at.open(t)
		silent := k
		silent.Account = "carol@example.org"
		opens(t, holder, silent)
		ledger.SetClock(t, holder)
		ledger.Beat(t, holder) // its activity has been told, and is no news any more
		ledger.Damage(t, other, "UPDATE leases SET active_at = now() + interval '1 hour'")
		ledger.SetClock(t, holder)
		if n := ledger.Rows(t, other, "leases WHERE active_at > now()"); n != 0 {
			t.Errorf("%d sessions seem to be active in an hour", n)
		}
	})
	t.Run("a lease that an answer lost has left", func(t *testing.T) {
		s := at.open(t)
		lost := k
		lost.Account = "dan@example.org"
		p := opens(t, s, lost)
		ledger.Damage(t, s, "UPDATE leases SET fence = nextval('fences'), taken_at = now() + interval '1 hour' WHERE fence = (SELECT MAX(fence) FROM leases)")
		ledger.SetClock(t, s)
		if n := ledger.Rows(t, s, `leases WHERE scope LIKE '%dan@%'`); n != 0 {
			t.Error("the lease stays until its time has come")
		}
		closes(t, p)
	})
	t.Run("failures", func(t *testing.T) {
		one, two := at.open(t), at.open(t)
		counts := func(s *ledger.Store, want int, news ...translate.Failures) {
			t.Helper()
			all, err := s.Events.ShareFailures(t.Context(), news, 10*time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, f := range all {
				if f.Subject == 5 {
					got = f.Count
				}
			}
			if got != want {
				t.Errorf("subject 5 has %d failures, want %d", got, want)
			}
		}
		// Both have heard of failures from a time that is still to come.
		counts(one, 9, translate.Failures{Subject: 5, Count: 9})
		ledger.Damage(t, one, "UPDATE failures SET changed = changed + 3600000")
		counts(one, 9)
		counts(two, 9)
		ledger.Damage(t, one, "UPDATE failures SET began = began + 3600000")
		counts(two, 0) // nobody is shut out for an hour
		counts(one, 2, translate.Failures{Subject: 5, Count: 2})
		counts(two, 2) // and what is counted since is heard of
	})
}
