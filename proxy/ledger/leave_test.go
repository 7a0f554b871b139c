package ledger_test

import (
	"maps"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// whatIsLeftBehindIsFoundElsewhere: an account has left an upstream whose first mailbox had
// two messages. One is in the new first mailbox, the other in another that is shown, where
// a match has found it: it keeps its unique-id there, and stays hidden from who has hidden it.
func whatIsLeftBehindIsFoundElsewhere(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}, Hide: imap.UIDSetNum(2), Pins: map[imap.UID]string{1: "id.1", 2: "id.2"}})
	if err := p.Leave(t.Context(), []translate.Remembered{{UID: 1, UniqueID: "id.1"}}); err != nil {
		t.Fatal(err)
	}
	closes(t, p)
	k := key("scanner")
	k.Upstream = "new"
	from := translate.Box{Upstream: key("").Upstream, Login: k.Login, Mailbox: k.Mailbox}
	orders := listing(5, 20, 21)
	fresh := learns(t, s, translate.Box{Upstream: k.Upstream, Login: k.Login, Mailbox: "Orders"}, orders)
	old, err := s.Mailboxes.LoadInventory(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	keeps(t, s, old, fresh, translate.Pair{Old: 2, New: 21})
	p = opens(t, s, k)
	origin, err := p.Previous(t.Context(), 9)
	if err != nil || len(origin.Messages) != 2 {
		t.Fatalf("it was %+v, %v", origin, err)
	}
	inbox := listing(9, 11)
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9, Listing: inbox}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a crash may come between the two
		if err := p.Leave(t.Context(), origin.Messages[1:]); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Relink(t.Context(), 9, []translate.Link{{Old: 1, New: 11, UniqueID: "id.1"}}, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	other := beside(t, p, "Orders", 5)
	if err := other.Relink(t.Context(), 5, nil, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	lost, err := p.Lost(t.Context(), map[string]translate.Listing{k.Mailbox: *inbox, "Orders": *orders})
	if err != nil || len(lost) != 1 || lost[0].UniqueID != "id.2" || lost[0].In != "Orders" || lost[0].As != 21 {
		t.Fatalf("lost are %+v, %v", lost, err)
	}
	if err := other.Receive(t.Context(), 5, []translate.Found{{Page: lost[0].Page, Link: translate.Link{Old: 2, New: 21, UniqueID: "id.2"}}}); err != nil {
		t.Fatal(err)
	}
	known, err := other.Known(t.Context(), 5)
	if _, hidden := known.Hidden[21]; err != nil || !hidden || !maps.Equal(known.UniqueIDs, map[imap.UID]string{21: "id.2"}) {
		t.Errorf("known %+v, %v", known, err)
	}
	if lost, err := p.Lost(t.Context(), map[string]translate.Listing{k.Mailbox: *inbox, "Orders": *orders}); err != nil || len(lost) != 0 {
		t.Errorf("lost still are %+v, %v", lost, err)
	}
}
