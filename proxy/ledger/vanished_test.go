package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// aVanishedMailboxIsForgotten: the page of a mailbox that logins show no more goes when its
// time is over, and no other: not one that is shown, not one of an account that nobody has
// used since, and none that the journal speaks of.
func aVanishedMailboxIsForgotten(t *testing.T, at place) {
	s := at.open(t)
	now := time.Now()
	p := opens(t, s, key("scanner"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
	for _, mailbox := range []string{"Shown", "Gone", "Lately", "Journal"} {
		other := beside(t, p, mailbox, 9)
		l := listing(9, 1)
		l.Revision = other.Listing().Revision
		facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9, Listing: l}, Pins: map[imap.UID]string{1: "id." + mailbox}}
		if mailbox == "Journal" {
			facts.Deletions = []translate.Deletion{{At: now, UIDValidity: 9, UID: 1, Action: translate.DeleteTrash}}
		}
		if err := other.Login(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	last := func(mailbox string, at time.Time) {
		t.Helper()
		ledger.Damage(t, s, fmt.Sprintf("UPDATE page_devices SET last_login = %d WHERE page_id IN (SELECT p.id FROM pages p JOIN mailboxes m ON m.id = p.mailbox_id WHERE m.mailbox = '%s')", at.UnixMilli(), mailbox))
	}
	sweeps := func(what string, want ...string) {
		t.Helper()
		if _, err := s.SweepPages(t.Context()); err != nil {
			t.Fatal(err)
		}
		d, err := s.Account(t.Context(), "alice@example.org")
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, p := range d.Pages {
			left = append(left, p.Mailbox)
		}
		if !slices.Equal(left, want) {
			t.Errorf("%s: left are %q, want %q", what, left, want)
		}
	}
	all := []string{"INBOX", "Gone", "Journal", "Lately", "Shown"}
	long := now.Add(-ledger.VanishedKept - time.Hour)
	for _, mailbox := range all {
		last(mailbox, long)
	}
	sweeps("nobody has logged in since", all...)
	last("INBOX", now.Add(ledger.VanishedKept))
	sweeps("a login of a clock that was ahead", all...)
	last("INBOX", now.Add(-time.Minute))
	last("Shown", now.Add(-time.Minute))
	last("Lately", now.Add(-ledger.VanishedKept+time.Hour))
	known := beside(t, p, "Gone", 9)
	sweeps("logins have gone on", "INBOX", "Journal", "Lately", "Shown")
	// A login that had read it looks again.
	if err := known.Login(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9}}); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a login with what was removed: %v", err)
	}
	lately := beside(t, p, "Lately", 9)
	if k, err := lately.Known(t.Context(), 9); err != nil || k.UniqueIDs[1] != "id.Lately" {
		t.Errorf("the mailbox that comes back knows %+v, %v", k, err)
	}
}
