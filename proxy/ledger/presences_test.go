package ledger_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

var (
	aliceIsIn = backend.SessionInfo{Account: "al\xffice@example.org", Device: "sc\xfe", Client: "192.0.2.1", Listener: "pop3", Upstream: "mail",
		State: "transaction", TLS: true, Since: time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)}
	bobIsIn = backend.SessionInfo{Account: "bob@example.org", Client: "2001:db8::1", State: "update", Since: aliceIsIn.Since}
)

// answers has a Store answer each question, and gives a place where they are noted.
func answers(t *testing.T, s *ledger.Store, present ...backend.SessionInfo) chan events.Event {
	t.Helper()
	asked := make(chan events.Event, 100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Events.Watch(ctx, func(c events.Event) {
			asked <- c
			if err := s.Events.Answer(ctx, c.Question, present); err != nil && ctx.Err() == nil { // else the test has ended
				t.Error(err)
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return asked
}

func asks(t *testing.T, s *ledger.Store, account string, wait time.Duration) events.Roll {
	t.Helper()
	roll, err := s.Events.Who(context.Background(), account, wait)
	if err != nil {
		t.Fatal(err)
	}
	return roll
}

// What is asked is answered once, as it was told, and leaves nothing behind. An
// answer that comes too late is dropped.
func whoIsLoggedInIsAsked(t *testing.T, at place) {
	at.Proxy = "host/a[1]"
	serving := at.open(t)
	if !at.lasts {
		if _, err := serving.Events.Who(context.Background(), "", hang); !errors.Is(err, ledger.ErrNeedsDisk) {
			t.Errorf("a ledger in memory says %v", err)
		}
		return
	}
	typed := command(t, at)
	if roll := asks(t, typed, "", time.Millisecond); len(roll.Present) > 0 {
		t.Errorf("nobody listens, and %+v is answered", roll)
	}
	asked := answers(t, serving, aliceIsIn, bobIsIn)
	<-asked // the question that is no longer waited for
	want := map[string][]backend.SessionInfo{"host/a[1]": {aliceIsIn, bobIsIn}}
	if roll := asks(t, typed, aliceIsIn.Account, hang); !reflect.DeepEqual(roll.Present, want) || len(roll.Silent) > 0 {
		t.Errorf("got %+v, want %+v", roll, want)
	}
	if c := <-asked; c.Kind != events.Who || c.Account != aliceIsIn.Account || c.Question == "" {
		t.Errorf("asked by %+v", c)
	}
	for _, table := range []string{"questions", "presences"} {
		if n := ledger.Rows(t, typed, table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	ledger.Damage(t, typed, "INSERT INTO questions (id, at) VALUES ('of a command that died', 1)")
	asks(t, typed, "", hang)
	if n := ledger.Rows(t, typed, "questions"); n != 0 {
		t.Errorf("%d questions of dead commands are left", n)
	}
}
