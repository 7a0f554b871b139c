package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// What an operator is shown of a maildrop over several mailboxes is one maildrop, with
// each device once.
func severalMailboxesAreOneMaildrop(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}, Hide: imap.UIDSetNum(1)}
	records(t, p, facts)
	for _, mailbox := range []string{"Faxes", "Orders/a%_\\"} {
		other, err := p.Beside(t.Context(), mailbox)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Known(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		l := listing(9, 1, 2)
		l.Revision = other.Listing().Revision
		if err := other.Login(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9, Listing: l}, Hide: imap.UIDSetNum(2), Deletions: []translate.Deletion{{At: time.Now(), UIDValidity: 9, UID: 2, Action: translate.DeleteHide}}}); err != nil {
			t.Fatal(err)
		}
	}
	closes(t, p)
	for a, err := range s.Accounts(context.Background()) {
		if err != nil || !slices.Equal(a.Maildrops, []string{"default"}) || a.Devices != 1 {
			t.Errorf("it is listed as %+v (%v)", a, err)
		}
	}
	details, err := s.Account(context.Background(), "alice@example.org")
	if err != nil {
		t.Fatal(err)
	}
	type page struct {
		mailbox string
		beside  bool
		devices int
	}
	var pages []page
	for _, p := range details.Pages {
		if p.Maildrop != "default" {
			t.Errorf("a maildrop is called %q", p.Maildrop)
		}
		pages = append(pages, page{p.Mailbox, p.Beside, len(p.Devices)})
	}
	if want := []page{{"INBOX", false, 1}, {"Faxes", true, 0}, {"Orders/a%_\\", true, 0}}; !slices.Equal(pages, want) {
		t.Errorf("its mailboxes are %v, want %v", pages, want)
	}
	if hidden := details.Pages[0].Devices[0].Hidden; hidden != 3 {
		t.Errorf("the device hides %d messages, want 3 in all mailboxes", hidden)
	}
	theJournalNamesIt(t, s)
}

// theJournalNamesIt checks that every line names the maildrop as the configuration does.
func theJournalNamesIt(t *testing.T, s *ledger.Store) {
	t.Helper()
	entries, err := s.Deletions(context.Background(), "alice@example.org", ledger.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("the journal has %d lines, want 2", len(entries))
	}
	for _, e := range entries {
		if e.Maildrop != "default" {
			t.Errorf("the journal calls it %q", e.Maildrop)
		}
	}
}
