package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// assigned lists an old server's maildrop of messages with these unique-ids.
func assigned(t *testing.T, known translate.Listing, ids ...string) *translate.Listing {
	t.Helper()
	var now []translate.Given
	for _, id := range ids {
		now = append(now, translate.Given{UniqueID: id, Octets: int64(len(id))})
	}
	a, err := translate.Assign(known, now)
	if err != nil {
		t.Fatal(err)
	}
	return &a.Listing
}

// anAccountThatMovesKeepsItsOrder is a move from an old server, whose order is
// neither that of its UIDs nor that of the new ones, and a rebuilt mailbox there.
func anAccountThatMovesKeepsItsOrder(t *testing.T, at place) {
	s := at.open(t)
	old, moved := key(""), key("")
	old.Upstream = "old"
	p := opens(t, s, old)
	first := assigned(t, p.Listing(), "a", "b", "c")
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: first}})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, *first, "c", "d", "a")}})
	closes(t, p)
	ledger.ForgetCache(s)

	p = opens(t, s, moved)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 11, 12, 13)}})
	got, err := p.Previous(t.Context(), 7)
	want := []translate.Remembered{
		{UID: 1, Octets: 1, UniqueID: "a", Order: 3}, {UID: 3, Octets: 1, UniqueID: "c", Order: 1}, {UID: 4, Octets: 1, UniqueID: "d", Order: 2},
	}
	if err != nil || got == nil || !slices.Equal(got.Messages, want) {
		t.Fatalf("previous %+v, %v", got, err)
	}
	links := []translate.Link{{Old: 1, New: 11, UniqueID: "a", Order: 3}, {Old: 3, New: 12, UniqueID: "c", Order: 1}, {Old: 4, New: 13, UniqueID: "d", Order: 2}}
	if err := p.Relink(t.Context(), 7, links, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	ledger.ForgetCache(s)
	if k := knows(t, p, 7); !maps.Equal(k.Order, map[imap.UID]int{12: 1, 13: 2, 11: 3}) {
		t.Errorf("places %v", k.Order)
	}
	// A server may give one of them a new UID: it keeps its place.
	if got, err := p.Gone(t.Context(), []imap.UID{12}); err != nil || len(got) != 1 || got[0].Order != 1 {
		t.Errorf("gone %+v, %v", got, err)
	}
	if err := p.Relink(t.Context(), 7, []translate.Link{{Old: 12, New: 20, UniqueID: "c", Order: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if k := knows(t, p, 7); k.Order[20] != 1 || k.Order[11] != 3 {
		t.Errorf("places after a new UID: %v", k.Order)
	}
	// In the order of its UIDs it needs no places, and the old ones are forgotten.
	if err := p.Relink(t.Context(), 8, []translate.Link{{Old: 20, New: 1, UniqueID: "c", Order: 1}, {Old: 13, New: 2, UniqueID: "d", Order: 2}}, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	if k := knows(t, p, 8); len(k.Order) > 0 {
		t.Errorf("places under another UIDVALIDITY: %v", k.Order)
	}
	closes(t, p)
}

// whatIsKnownIsCounted tells what is left to be learned of an upstream.
func whatIsKnownIsCounted(t *testing.T, at place) {
	s := at.open(t)
	for login, known := range map[string]map[imap.UID]translate.Print{
		"alice": {1: {Header: translate.ContentKey{1}}, 200: {Header: translate.ContentKey{2}, Body: translate.ContentKey{3}}, 300: {Body: translate.ContentKey{4}}},
		"bob":   nil,
	} {
		i, err := s.Mailboxes.LoadInventory(t.Context(), translate.Box{Upstream: "old", Login: login, Mailbox: "INBOX"})
		if err == nil {
			_, err = s.Mailboxes.SaveInventory(t.Context(), i, translate.MailboxFacts{UIDValidity: 1, Listing: listing(1, upTo(300)...), Prints: known})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []mailboxes.Coverage
	err := s.Mailboxes.Coverage(t.Context(), "old", func(c mailboxes.Coverage) error { got = append(got, c); return nil })
	want := []mailboxes.Coverage{
		{Box: translate.Box{Upstream: "old", Login: "alice", Mailbox: "INBOX"}, Messages: 300, Headers: 2, Bodies: 2},
		{Box: translate.Box{Upstream: "old", Login: "bob", Mailbox: "INBOX"}, Messages: 300},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.Mailboxes.Coverage(t.Context(), "new", func(mailboxes.Coverage) error { return errors.New("there is none") }); err != nil {
		t.Error(err)
	}
	enough := errors.New("enough")
	if err := s.Mailboxes.Coverage(t.Context(), "old", func(mailboxes.Coverage) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("who hears of it has had enough: %v", err)
	}
}

// crowdsAreReadWhole has more accounts and mailboxes than one statement reads.
func crowdsAreReadWhole(t *testing.T, at place) {
	const many = 10_001
	s := at.open(t)
	crowd := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT", many)
	for _, statement := range []string{
		"INSERT INTO milestones (account, step, at, good, note) " + crowd + " 'crowd' || i, 'harvested', 1, true, '' FROM n",
		"INSERT INTO milestones (account, step, at, good, note) " + crowd + " 'crowd' || i, 'failed:matched', 1, false, '' FROM n",
		"INSERT INTO moves (account, moved_at) " + crowd + " 'crowd' || i, 1 FROM n",
		"INSERT INTO mailboxes (upstream, login, mailbox) " + crowd + " 'old', 'crowd' || i, 'INBOX' FROM n",
	} {
		ledger.Damage(t, s, statement)
	}
	i, err := s.Mailboxes.LoadInventory(t.Context(), translate.Box{Upstream: "old", Login: "last", Mailbox: "INBOX"})
	if err == nil {
		_, err = s.Mailboxes.SaveInventory(t.Context(), i, translate.MailboxFacts{UIDValidity: 1, Listing: listing(1, upTo(3)...)})
	}
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	if err := s.Mailboxes.Coverage(t.Context(), "old", func(c mailboxes.Coverage) error { listed += c.Messages; return nil }); err != nil || listed != 3 {
		t.Errorf("mailboxes that were listed have %d messages, want 3: %v", listed, err)
	}
	seen := make(map[string]bool)
	milestones, err := s.Progress.Milestones(t.Context())
	for _, m := range milestones {
		seen[fmt.Sprint(m.Account, m.Step, m.Failed)] = true
	}
	if err != nil || len(milestones) != 2*many || len(seen) != 2*many {
		t.Errorf("there are %d milestones, %d different ones, want %d: %v", len(milestones), len(seen), 2*many, err)
	}
	clear(seen)
	moves, err := s.Progress.Moves(t.Context())
	for _, m := range moves {
		seen[m.Account] = true
	}
	if err != nil || len(moves) != many || len(seen) != many {
		t.Errorf("there are %d moves, %d different ones, want %d: %v", len(moves), len(seen), many, err)
	}
}

// twoSessionsListAnOldServer lets them list at the same time: they must not give
// one UID to two messages.
func twoSessionsListAnOldServer(t *testing.T, at place) {
	s := at.open(t)
	scanner, printer := key("scanner"), key("printer")
	p := opens(t, s, scanner)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, p.Listing(), "a", "b")}})
	base := p.Listing()
	other, third := opens(t, s, printer), opens(t, s, key("third"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, base, "a", "b", "new")}})
	if err := other.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, base, "a", "b", "another")}}); !refusedWith(err, translate.CodeSysTemp) || !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("one UID for two messages: %v", err)
	}
	// One who knows more of the same is right.
	records(t, other, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, base, "a", "b", "new", "newer")}})
	// One who knows less leaves it as it is.
	records(t, third, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1, Listing: assigned(t, base, "a")}})
	for _, page := range []*ledger.Page{third, other, p} {
		closes(t, page)
	}
	p = opens(t, s, scanner)
	if l := p.Listing(); len(l.Entries) != 4 || l.UIDNext != 5 || l.Entries[3].UniqueID != "newer" {
		t.Errorf("remembered %+v", l)
	}
	closes(t, p)
}
