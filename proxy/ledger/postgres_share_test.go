//go:build postgres

package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// opensSoon waits until the lock is free.
func opensSoon(t *testing.T, s *ledger.Store, k backend.PageKey) *ledger.Page {
	t.Helper()
	for end := time.Now().Add(hang); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		p, err := s.OpenPage(context.Background(), k)
		if err == nil {
			t.Cleanup(func() { closes(t, p) })
			return p
		}
		if !refusedWith(err, translate.CodeInUse) {
			t.Fatal(err)
		}
	}
	t.Fatal("the lock never became free")
	return nil
}

func TestProxiesShareAPostgres(t *testing.T) {
	server := servers.StartPostgres(t)
	t.Run("a lock holds across proxies", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		at.Proxy = "proxy-one"
		one := at.open(t)
		at.Proxy = "proxy-two"
		two := at.open(t)
		p := opens(t, one, key(""))
		_, err := two.OpenPage(context.Background(), key(""))
		if !refusedWith(err, translate.CodeInUse) || !strings.Contains(err.Error(), "a session at proxy-one, active ") {
			t.Errorf("the other proxy: %v", err)
		}
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}, Hide: imap.UIDSetNum(2)})
		closes(t, p)
		p = opens(t, two, key(""))
		if k := knows(t, p, 7); len(p.Listing().Entries) != 2 || !sameSet(k.Hidden, 2) {
			t.Errorf("the other proxy lists %+v and knows %+v", p.Listing(), k)
		}
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}, Hide: imap.UIDSetNum(3)})
		closes(t, p)
		p = opens(t, one, key(""))
		if k := knows(t, p, 7); len(p.Listing().Entries) != 3 || !sameSet(k.Hidden, 2, 3) {
			t.Errorf("the first proxy lists %+v and knows %+v", p.Listing(), k)
		}
	})
	t.Run("a silent session of another proxy yields", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		one, two := at.open(t), at.open(t)
		k := key("")
		told := make(chan struct{})
		k.Takeover, k.Displaced = 100*time.Millisecond, func() { close(told) }
		first := opens(t, one, k)
		records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
		intent := translate.Intent{UIDValidity: 7, Plan: translate.Plan{Hide: imap.UIDSetNum(1)}}
		if err := first.Intend(t.Context(), intent); err != nil {
			t.Fatal(err)
		}
		k.Displaced = nil
		second := opensSoon(t, two, k)
		if k := knows(t, second, 7); k.Intent == nil {
			t.Error("what the displaced session intended is not shown")
		}
		if err := first.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeInUse) {
			t.Errorf("the displaced session's Record: %v", err)
		}
		select {
		case <-told:
		case <-time.After(hang):
			t.Error("the displaced session was not told")
		}
		closes(t, first)
		records(t, second, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
		if k := knows(t, second, 7); !sameSet(k.Hidden, 2) {
			t.Errorf("hidden %v", k.Hidden)
		}
	})
	// As by a standby that has taken over without the last commits.
	t.Run("a fence that is given out twice is one proxy's", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		one, two := at.open(t), at.open(t)
		k := key("")
		told := make(chan struct{})
		k.Displaced = func() { close(told) }
		first := opens(t, one, k)
		records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
		ledger.Damage(t, two, "UPDATE leases SET proxy = (SELECT x.id FROM proxies x WHERE x.id <> leases.proxy)")
		if err := first.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeInUse) {
			t.Errorf("the session that holds the fence no more records: %v", err)
		}
		select {
		case <-told:
		case <-time.After(hang):
			t.Error("it was not told")
		}
		closes(t, first)
		k.Displaced = nil
		if _, err := one.OpenPage(t.Context(), k); !refusedWith(err, translate.CodeInUse) {
			t.Errorf("the other's lease went with it: %v", err)
		}
	})
	t.Run("a session that is active does not yield", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		one, two := at.open(t), at.open(t)
		k := key("")
		k.Takeover = 2 * time.Second
		p := opens(t, one, k)
		var stop atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !stop.Load() {
				p.Active()
				time.Sleep(10 * time.Millisecond)
			}
		}()
		// Three heartbeats: the takeover time would have passed without them.
		for range 35 {
			if _, err := two.OpenPage(context.Background(), k); !refusedWith(err, translate.CodeInUse) {
				t.Errorf("the lock was given away: %v", err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		stop.Store(true)
		<-done
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
	})
	t.Run("a dead proxy's locks become free", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		one, two := at.open(t), at.open(t)
		first := opens(t, one, key(""))
		records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
		ledger.StopHeart(one) // as kill -9 does: nothing is given up
		second := opensSoon(t, two, key(""))
		if err := first.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeInUse) {
			t.Errorf("a session of the dead proxy: %v", err)
		}
		records(t, second, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
	})
	t.Run("an expired session commits nothing though nobody wants its lock", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		s := at.open(t)
		p := opens(t, s, key(""))
		ledger.StopHeart(s)
		for end := time.Now().Add(hang); ; time.Sleep(100 * time.Millisecond) {
			err := p.Intend(t.Context(), translate.Intent{UIDValidity: 7})
			if refusedWith(err, translate.CodeInUse) {
				break
			}
			if err != nil || time.Now().After(end) {
				t.Fatalf("the session never expired: %v", err)
			}
		}
	})
	t.Run("proxies start at the same time", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		at.Serve = true
		opened := make(chan error)
		for range 4 {
			go func() {
				s, err := ledger.Open(context.Background(), at.Options)
				if err == nil {
					err = s.Close()
				}
				opened <- err
			}()
		}
		for range 4 {
			if err := <-opened; err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("two proxies serve many devices", func(t *testing.T) {
		t.Parallel()
		at := databaseOf(t, server)
		errs := make(chan error)
		const devices, polls = 4, 6
		stores := []*ledger.Store{at.open(t), at.open(t)}
		for d := range devices {
			go func() { errs <- poll(stores[d%2], d, polls) }()
		}
		for range devices {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		for d := range devices {
			p := opens(t, stores[1-d%2], key(fmt.Sprint(d)))
			if k := knows(t, p, 7); len(k.Hidden) != polls || len(k.UniqueIDs) != devices*polls || len(k.Octets) != devices*polls {
				t.Errorf("device %d: %d hidden, %d pinned, %d measured", d, len(k.Hidden), len(k.UniqueIDs), len(k.Octets))
			}
		}
	})
}

func TestAPostgresThatGoesAndComesBack(t *testing.T) {
	server := servers.StartPostgres(t)
	at := databaseOf(t, server)
	var complaints atomic.Int32
	at.Serve = true
	at.Log = func(level, message string, args ...any) {
		t.Log(level, message, args)
		if level == "error" {
			complaints.Add(1)
		}
	}
	s, err := ledger.Open(context.Background(), at.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, s)
	p := opens(t, s, key("a"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	server.Stop()
	for range 5 {
		if _, err := s.OpenPage(context.Background(), key("b")); !refusedWith(err, translate.CodeSysTemp) {
			t.Errorf("a login without the database: %v", err)
		}
	}
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)}); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("Record without the database: %v", err)
	}
	if n := complaints.Load(); n != 1 {
		t.Errorf("the log complains %d times", n)
	}
	closes(t, p)
	server.Start(t)
	// A write has failed: the next heartbeat says that writing works again.
	for end := time.Now().Add(hang); ; time.Sleep(50 * time.Millisecond) {
		err := s.Ping(context.Background())
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	// The page that was closed meanwhile has left no lock.
	p = opensSoon(t, s, key("a"))
	if len(p.Listing().Entries) != 2 {
		t.Errorf("afterwards: %+v", p.Listing())
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)})
}
