package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
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

// beside opens the page of another mailbox under a UIDVALIDITY.
func beside(t *testing.T, p *ledger.Page, mailbox string, validity uint32) backend.Page {
	t.Helper()
	other, err := p.Beside(t.Context(), mailbox)
	if err == nil {
		_, err = other.Known(t.Context(), validity)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// What a QUIT is to do in several mailboxes is there for each of them after a crash, or
// for none of them.
func intentsOfSeveralMailboxes(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	intent := func(validity uint32) translate.Intent {
		return translate.Intent{UIDValidity: validity, Plan: translate.Plan{Ops: []translate.Op{{Kind: translate.OpMove, UIDs: imap.UIDSetNum(3), To: "Trash"}}, Deletes: 1}}
	}
	beside(t, p, "Orders", 9)
	if err := p.IntendAll(t.Context(), map[string]translate.Intent{"": intent(7), "Orders": intent(9), "Faxes": intent(9)}); err == nil {
		t.Error("an intent was written for a mailbox whose page is not open")
	}
	closes(t, p)
	next := opens(t, s, key("scanner"))
	if k := knows(t, next, 7); k.Intent != nil {
		t.Errorf("one of them was written: %+v", k.Intent)
	}
	beside(t, next, "Orders", 9)
	if err := next.IntendAll(t.Context(), map[string]translate.Intent{"": intent(7), "Orders": intent(9)}); err != nil {
		t.Fatal(err)
	}
	closes(t, next)
	last := opens(t, s, key("scanner"))
	if k := knows(t, last, 7); k.Intent == nil || k.Intent.UIDValidity != 7 {
		t.Errorf("of the first mailbox: %+v", k.Intent)
	}
	orders, err := beside(t, last, "Orders", 9).Known(t.Context(), 9)
	if err != nil || orders.Intent == nil || orders.Intent.UIDValidity != 9 {
		t.Errorf("of the other: %+v (%v)", orders.Intent, err)
	}
}

// A message that was deleted where somebody had filed it is not looked for any more, and
// one that a device has had taken away is known to be.
func whatWasFiledElsewhereIsFollowed(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	known := map[imap.UID]translate.Identity{1: {Key: translate.ContentKey{1}, Octets: 10}, 2: {Key: translate.ContentKey{2}}, 3: {Key: translate.ContentKey{3}}}
	records(t, p, translate.Facts{
		MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)},
		Pins:         map[imap.UID]string{1: "one", 2: "two", 3: "three"}, Identities: known,
	})
	some, err := p.Identities(t.Context(), []imap.UID{1, 3, 4})
	if err != nil || some[1] != known[1] || some[3] != known[3] {
		t.Errorf("some are recognised by %v (%v)", some, err)
	}
	records(t, p, translate.Facts{
		MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Removed: imap.UIDSetNum(2),
		Deletions: []translate.Deletion{{At: time.Now(), UIDValidity: 7, UID: 1, Action: translate.DeleteTrash}, {At: time.Now(), UIDValidity: 7, UID: 3, Action: translate.DeleteFlag}},
	})
	away, err := p.Taken(t.Context(), 7, imap.UIDSetNum(1, 2, 3, 4))
	if err != nil || away.String() != "1" {
		t.Errorf("taken away: %v (%v)", away, err)
	}
	if away, err := p.Taken(t.Context(), 8, imap.UIDSetNum(1)); err != nil || len(away) > 0 {
		t.Errorf("taken away under another UIDVALIDITY: %v (%v)", away, err)
	}
	lost, err := p.Lost(t.Context(), map[string]translate.Listing{"INBOX": {UIDValidity: 7}})
	if err != nil || len(lost) != 1 || lost[0].UniqueID != "three" {
		t.Errorf("looked for: %+v (%v)", lost, err)
	}
}
