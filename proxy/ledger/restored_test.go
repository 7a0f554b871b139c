package ledger_test

import (
	"context"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// A line that was noted stays as it was first noted, and its neighbours do not
// change.
func whatWasBroughtBackIsNotedOnce(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	now := time.Now()
	var lines []translate.Deletion
	for n := range 3 {
		lines = append(lines, translate.Deletion{At: now.Add(time.Duration(n) * time.Second), Action: translate.DeleteTrash})
	}
	records(t, opens(t, s, key("")), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}, Deletions: lines})
	journal := func() []ledger.Entry {
		entries, err := s.Deletions(ctx, "alice@example.org", ledger.Filter{})
		if err != nil || len(entries) != 3 {
			t.Fatalf("the journal has %d lines, %v", len(entries), err)
		}
		return entries
	}
	before := journal()
	if err := s.MarkRestored(ctx, before[1].Line); err != nil {
		t.Fatal(err)
	}
	first := journal()
	if r := first[1].Restored; r.Before(now.Truncate(time.Millisecond)) || !first[0].Restored.IsZero() || !first[2].Restored.IsZero() {
		t.Errorf("brought back at %v, %v, %v; want now for the second alone", first[0].Restored, r, first[2].Restored)
	}
	if err := s.MarkRestored(ctx, before[1].Line, before[2].Line); err != nil {
		t.Fatal(err)
	}
	if second := journal(); second[1].Restored != first[1].Restored || second[2].Restored.IsZero() {
		t.Errorf("after the second time: %v, %v", second[1].Restored, second[2].Restored)
	}
}
