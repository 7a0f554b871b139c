//go:build postgres

package ledger_test

import (
	"context"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/notices"
	"popbridge/tests/servers"
)

// TestPostgresTellsOnce: of two proxies that find the same device overdue one tells, and
// where it is killed with the news in its hands the other does.
func TestPostgresTellsOnce(t *testing.T) {
	ctx := context.Background()
	at := databaseOf(t, servers.StartPostgres(t))
	one, other := at.open(t), at.open(t)
	both := []*ledger.Store{one, other}
	forward := func(by time.Duration) {
		for _, s := range both {
			s.Watches.PutForward(by)
			s.Notices.PutForward(by)
		}
	}
	for _, s := range both {
		s.Notices.Want(true, time.Hour)
	}
	watched(t, one, -time.Minute, 0)
	comes(t, one, "panel", hourly)
	watched(t, other, 0, time.Hour)
	forward(time.Hour + time.Minute)
	found := make(chan int)
	for _, s := range both {
		go func() {
			list, err := s.Watches.Overdue(ctx, routed(hourly), there)
			if err != nil {
				t.Error(err)
			}
			found <- len(list)
		}()
	}
	if n := <-found + <-found; n != 1 {
		t.Errorf("it was found %d times", n)
	}
	claims := func(s *ledger.Store, want int) []notices.Notice {
		t.Helper()
		list, err := s.Notices.Claim(ctx, 10)
		if err != nil || len(list) != want {
			t.Fatalf("claimed are %+v, %v; want %d", list, err, want)
		}
		return list
	}
	first := claims(one, 1)[0]
	claims(other, 0)
	closes(t, one) // it dies with it
	forward(time.Hour + 2*time.Minute + time.Second)
	again := claims(other, 1)[0]
	if again.ID != first.ID || again.Kind != notices.DeviceOverdue || again.Facts.Device != "panel" || again.Facts.Account != "alice@example.org" {
		t.Errorf("it was %+v and is %+v", first, again)
	}
	if err := other.Notices.Delivered(ctx, again); err != nil {
		t.Fatal(err)
	}
	claims(other, 0)

	// An upstream that both cannot reach is away once, and back when both reach it.
	third := at.open(t)
	third.Notices.Want(true, time.Hour)
	both = []*ledger.Store{third, other}
	forward(3 * time.Hour)
	for _, s := range both {
		if err := s.Watches.Gone(ctx, "mail", 6*time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := s.Watches.TellAway(ctx, "mail", 5*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	kinds := func(want ...notices.Kind) {
		t.Helper()
		list := claims(other, len(want))
		for i, n := range list {
			if n.Kind != want[i] || n.Facts.Upstream != "mail" {
				t.Errorf("it is %+v, want %s", n, want[i])
			}
			if err := other.Notices.Delivered(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	kinds(notices.UpstreamAway)
	if err := third.Watches.Back(ctx, "mail"); err != nil {
		t.Fatal(err)
	}
	kinds()
	if err := other.Watches.Back(ctx, "mail"); err != nil {
		t.Fatal(err)
	}
	kinds(notices.UpstreamBack)
}
