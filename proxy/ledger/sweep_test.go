package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// Lines of the journal that are too old go, however many, and no others.
func oldLinesLeaveTheJournal(t *testing.T, at place) {
	s := at.open(t)
	limit := time.UnixMilli(1_700_000_000_000)
	var lines []translate.Deletion
	for n := range 2503 {
		d := translate.Deletion{UIDValidity: 7, UID: imap.UID(n + 1), At: limit.Add(-time.Hour), Action: translate.DeleteTrash}
		if n >= 2500 || n == 1200 {
			d.At = limit.Add(time.Duration(n) * time.Millisecond)
		}
		lines = append(lines, d)
	}
	records(t, opens(t, s, key("")), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}, Deletions: lines})
	if n, err := s.SweepJournal(context.Background(), limit.Add(-2*time.Hour)); n != 0 || err != nil {
		t.Errorf("%d lines were removed that are not old, %v", n, err)
	}
	// A line that is not old stands between old ones: those behind it may stay for
	// another time, those before it may not.
	for _, least := range []int64{1999, 500} {
		if n, err := s.SweepJournal(context.Background(), limit); n < least || err != nil {
			t.Errorf("%d lines were removed, %v; want %d at least", n, err, least)
		}
	}
	left, err := s.Deletions(context.Background(), "alice@example.org", ledger.Filter{})
	if err != nil || len(left) != 4 {
		t.Fatalf("%d lines are left, %v; want 4", len(left), err)
	}
	for _, e := range left {
		if e.At.Before(limit) {
			t.Errorf("a line of %v is left", e.At)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.KeepJournal(ctx, time.Hour) // ends with its context
}
