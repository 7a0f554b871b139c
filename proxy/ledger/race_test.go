package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// atOnce runs f so many times at the same moment.
func atOnce(n int, f func(int)) {
	var ended sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		ended.Go(func() { <-begin; f(i) })
	}
	close(begin)
	ended.Wait()
}

// Devices of one account that log in for the first time at the same moment do not
// find that the mailbox has another identity: it is the one that they list.
func firstLoginsAtOnce(t *testing.T, at place) {
	s := at.open(t)
	for round := range rounds(100) {
		l := listing(7, upTo(5)...)
		atOnce(6, func(n int) {
			k := key(fmt.Sprint("device ", n))
			k.Account, k.Login = fmt.Sprint("first", round), fmt.Sprint("first", round)
			p, err := s.OpenPage(context.Background(), k)
			if err != nil {
				t.Error(err)
				return
			}
			defer closes(t, p)
			if _, err := p.Known(t.Context(), 7); err != nil {
				t.Error(err)
			}
			if o, err := p.Previous(t.Context(), 7); err != nil || o != nil {
				t.Errorf("round %d: a mailbox that was never served has been another before: %+v, %v", round, o, err)
			}
			if err := p.Login(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l}, Formats: []translate.Span{{From: 1}}}); err != nil {
				t.Error(err)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// An intent that another session settles at this moment is not missed.
func interruptedQuitsAreSettledBySeveral(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(3)...)}})
	closes(t, p)
	for range rounds(60) {
		for range 2 {
			broken := opens(t, s, key(""))
			if err := broken.Intend(t.Context(), translate.Intent{UIDValidity: 7, Plan: translate.Plan{Deletes: 1}}); err != nil {
				t.Fatal(err)
			}
			closes(t, broken)
		}
		atOnce(6, func(n int) {
			p, err := s.OpenPage(context.Background(), key(fmt.Sprint(n)))
			if err != nil {
				t.Error(err)
				return
			}
			defer closes(t, p)
			for {
				known, err := p.Known(t.Context(), 7)
				if err != nil {
					t.Error("a login is refused:", err)
					return
				}
				if known.Intent == nil {
					return
				}
				if err := p.Settle(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}

// Of two sessions that find messages again under a new UIDVALIDITY the second has
// nothing to do: what it would drop belongs to other messages by now.
func twoSessionsFindMessagesAgain(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("a"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}, Formats: []translate.Span{{From: 1}}})
	closes(t, p)
	both := []*ledger.Page{opens(t, s, key("a")), opens(t, s, key("b"))}
	for _, p := range both {
		if o, err := p.Previous(t.Context(), 9); err != nil || o == nil || len(o.Messages) != 3 {
			t.Fatalf("previous %+v, %v", o, err)
		}
	}
	fresh := []translate.Link{{Old: 1, New: 3, UniqueID: "one"}, {Old: 2, New: 2, UniqueID: "two"}, {Old: 3, New: 1, UniqueID: "three"}}
	records(t, both[0], translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9, Listing: listing(9, 1, 2, 3)}})
	for i, links := range [][]translate.Link{fresh, fresh[:1]} {
		if err := both[i].Relink(t.Context(), 9, links, []translate.Span{{From: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[imap.UID]string{3: "one", 2: "two", 1: "three"}
	if k := knows(t, both[1], 9); !maps.Equal(k.UniqueIDs, want) {
		t.Errorf("unique-ids %v, want %v", k.UniqueIDs, want)
	}
}

// A device that a command has forgotten in the middle of its session can still QUIT.
func aDeviceThatIsForgottenHides(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("a"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}})
	ledger.Damage(t, s, "DELETE FROM page_devices")
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(2)})
	if k := knows(t, p, 7); len(k.Hidden) != 1 {
		t.Errorf("hidden %v", k.Hidden)
	}
}

// The log says that the ledger does not answer when that is so, and at no other time.
func complaintsAreTrue(t *testing.T, at place) {
	if !at.lasts {
		return
	}
	var mu sync.Mutex
	var told []string
	at.Log = func(level, message string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, level+" "+message)
	}
	at.Serve = true
	s, err := ledger.Open(context.Background(), at.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, s)
	p := opens(t, s, key("a"))
	defer closes(t, p)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.OpenPage(ended, key("a")); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a login that has ended: %v", err)
	}
	if _, err := s.Progress.Placement(ended, alice); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a login that has ended: %v", err)
	}
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 8}, Hide: imap.UIDSetNum(1)}); !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("what belongs to other UIDs: %v", err)
	}
	mu.Lock()
	if len(told) > 0 {
		t.Errorf("the log says %q", told)
	}
	mu.Unlock()
	ledger.Damage(t, s, "UPDATE page_devices SET hidden = '\x01\x02'")
	if _, err := p.Known(t.Context(), 7); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a damaged hidden set: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || !strings.Contains(told[0], "is damaged") {
		t.Errorf("the log says %q", told)
	}
}

// rounds are how often a race is run: a fifth of that where the units alone are tried.
func rounds(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}
