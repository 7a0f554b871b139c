package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

var hourly = translate.Expect{Every: time.Hour}

// comes is a login of a device whose route expects so much.
func comes(t testing.TB, s *ledger.Store, device string, expect translate.Expect) {
	t.Helper()
	k := key(device)
	k.Expect = expect
	p := opens(t, s, k)
	knows(t, p, 7)
	if err := p.Login(context.Background(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}}); err != nil {
		t.Fatal(err)
	}
	closes(t, p)
}

// routed says that a device's route expects so much.
func routed(expects ...translate.Expect) func(string, string) watches.Routes {
	return func(string, string) watches.Routes { return watches.Routes{Expects: expects, Upstream: "mail"} }
}

func there(string) bool { return false }

// looksFor looks who is overdue, at a time after now, as a proxy that has watched all the
// while.
func looksFor(t testing.TB, s *ledger.Store, after time.Duration, want ...string) {
	t.Helper()
	s.Watches.PutForward(after)
	if err := s.Watches.Mark(context.Background()); err != nil {
		t.Fatal(err)
	}
	found, err := s.Watches.Overdue(context.Background(), routed(hourly), there)
	devices := []string{}
	for _, d := range found {
		devices = append(devices, d.Device)
	}
	if err != nil || fmt.Sprint(devices) != fmt.Sprint(append([]string{}, want...)) {
		t.Errorf("after %v: %v are overdue, %v; want %v", after, devices, err, want)
	}
}

// watched has somebody watch from a time to another, so that nobody has been away.
func watched(t testing.TB, s *ledger.Store, from, to time.Duration) {
	t.Helper()
	for at := from; at <= to; at += time.Minute {
		s.Watches.PutForward(at)
		if err := s.Watches.Mark(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// isLate is whether one device is overdue, as operators read it.
func isLate(t testing.TB, s *ledger.Store, want bool) watches.Device {
	t.Helper()
	late, err := s.Watches.Late(context.Background(), 10)
	if err != nil || (len(late) == 1) != want || len(late) > 1 {
		t.Fatalf("overdue are %+v, %v", late, err)
	}
	if !want {
		return watches.Device{}
	}
	return late[0]
}

// A device is overdue once, not before its time and within a minute after it, and back
// with its next login; another proxy that looks says nothing.
func aDeviceThatDoesNotComeIsOverdue(t *testing.T, at place) {
	s := at.open(t)
	watched(t, s, -time.Minute, 0)
	comes(t, s, "panel", hourly)
	comes(t, s, "laptop", translate.Expect{})
	watched(t, s, 0, time.Hour)
	looksFor(t, s, time.Hour)
	looksFor(t, s, time.Hour+40*time.Second, "panel")
	looksFor(t, s, time.Hour+41*time.Second)
	d := isLate(t, s, true)
	if d.Account != "alice@example.org" || d.Device != "panel" || d.Upstream != "mail" || d.Expect != hourly || d.LastLogin.IsZero() || d.Overdue.Sub(d.LastLogin) < time.Hour {
		t.Errorf("it is %+v", d)
	}
	if watched, overdue, err := s.Watches.Count(context.Background()); watched != 1 || overdue != 1 || err != nil {
		t.Errorf("%d watched, %d overdue, %v", watched, overdue, err)
	}
	comes(t, s, "panel", hourly)
	isLate(t, s, false)
	looksFor(t, s, time.Hour+50*time.Second)
}

// What nobody could do nobody is missed for: while no popbridge watched, and while the
// upstream was away, whoever saw that, also where that popbridge has ended.
func nobodyIsOverdueWhoCouldNotCome(t *testing.T, at place) {
	ctx := context.Background()
	s := at.open(t)
	watched(t, s, -time.Minute, 0)
	comes(t, s, "panel", hourly)
	// Ten minutes pass without anybody who watches; a restart of one minute is none.
	watched(t, s, 0, 30*time.Minute)
	watched(t, s, 31*time.Minute+50*time.Second, 55*time.Minute)
	looksFor(t, s, 65*time.Minute)
	watched(t, s, 66*time.Minute, 124*time.Minute)
	looksFor(t, s, 125*time.Minute)

	s.Watches.PutForward(126 * time.Minute)
	if err := s.Watches.Gone(ctx, "mail", time.Minute); err != nil {
		t.Fatal(err)
	}
	away, err := s.Watches.Away(ctx)
	if err != nil || len(away) != 1 || away[0].Upstream != "mail" || !away[0].Mine || away[0].Lost {
		t.Fatalf("away are %+v, %v", away, err)
	}
	gone := func(upstream string) bool { return upstream == "mail" }
	if found, err := s.Watches.Overdue(ctx, routed(hourly), gone); err != nil || len(found) != 0 {
		t.Errorf("overdue although its upstream is away: %v, %v", found, err)
	}
	watched(t, s, 127*time.Minute, 200*time.Minute)
	if away, err := s.Watches.Away(ctx); err != nil || len(away) != 1 || !away[0].Lost {
		t.Errorf("a proxy that has said nothing for an hour has not ended: %+v, %v", away, err)
	}
	if err := s.Watches.Back(ctx, "mail"); err != nil {
		t.Fatal(err)
	}
	if away, err := s.Watches.Away(ctx); err != nil || len(away) != 0 {
		t.Errorf("away are %+v, %v", away, err)
	}
	watched(t, s, 201*time.Minute, 259*time.Minute)
	looksFor(t, s, 260*time.Minute)
	looksFor(t, s, 260*time.Minute+40*time.Second, "panel")
}

// Only a device that is watched costs a write, and no more than one in half a minute.
func aWatchedDeviceCostsAWriteNowAndThen(t *testing.T, at place) {
	s := at.open(t)
	comes(t, s, "panel", hourly)
	comes(t, s, "laptop", translate.Expect{})
	for _, c := range []struct {
		device string
		expect translate.Expect
		after  time.Duration
		writes int64
	}{
		{"laptop", translate.Expect{}, 10 * time.Minute, 0},
		{"panel", hourly, 10*time.Minute + 1, 1},
		{"panel", hourly, 10*time.Minute + 20*time.Second, 0},
		{"panel", hourly, 10*time.Minute + 35*time.Second, 1},
		{"panel", translate.Expect{}, 11 * time.Minute, 1}, // its route expects nothing any more
		{"panel", translate.Expect{}, 20 * time.Minute, 0},
	} {
		s.Watches.PutForward(c.after)
		before := ledger.Writes(s)
		comes(t, s, c.device, c.expect)
		if got := ledger.Writes(s) - before; got != c.writes {
			t.Errorf("%s, after %v: %d writes, want %d", c.device, c.after, got, c.writes)
		}
	}
	if n := ledger.Rows(t, s, "watches"); n != 0 {
		t.Errorf("%d devices are watched still", n)
	}
}

// An operator's word is stronger than the route's, also where it is that nothing is
// expected; it goes with the device. What a configuration says in the meantime holds.
func whatIsExpectedChanges(t *testing.T, at place) {
	ctx := context.Background()
	s := at.open(t)
	watched(t, s, -time.Minute, 0)
	ask := func(device, text string) {
		t.Helper()
		var e translate.Expect
		if err := e.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := s.AddDevice(ctx, "alice@example.org", device); err != nil {
			t.Fatal(err)
		}
		if err := s.Watches.Ask(ctx, "alice@example.org", device, e); err != nil {
			t.Fatal(err)
		}
	}
	comes(t, s, "panel", hourly)
	ask("panel", "0s")
	comes(t, s, "panel", hourly)
	ask("never-came", "10m")
	ask("learning", "auto")
	comes(t, s, "learning", hourly)
	comes(t, s, "old", translate.Expect{Every: 30 * time.Minute}) // its route expects it hourly by now
	watched(t, s, 0, 11*time.Minute)
	looksFor(t, s, 11*time.Minute+10*time.Second, "never-came")
	if d := isLate(t, s, true); !d.LastLogin.IsZero() || !d.Asked {
		t.Errorf("it is %+v", d)
	}
	ask("never-came", "3h")
	isLate(t, s, false)
	watched(t, s, 12*time.Minute, 60*time.Minute)
	looksFor(t, s, 59*time.Minute)
	looksFor(t, s, 60*time.Minute+40*time.Second, "old")
	none := func(string, string) watches.Routes { return watches.Routes{} }
	if err := s.Watches.Forgive(ctx, none); err != nil {
		t.Fatal(err)
	}
	isLate(t, s, false)
	of, err := s.Watches.Of(ctx, "alice@example.org")
	if err != nil || len(of) != 3 || of[0].Expect != (translate.Expect{Auto: true}) || of[0].Every != 0 || !of[2].Expect.Never() {
		t.Errorf("watched are %+v, %v", of, err)
	}
	for _, device := range []string{"panel", "never-came", "learning"} {
		if err := s.RemoveDevice(ctx, "alice@example.org", device); err != nil {
			t.Error(err)
		}
	}
	if n := ledger.Rows(t, s, "watches"); n != 0 {
		t.Errorf("%d devices are watched still", n)
	}
}
