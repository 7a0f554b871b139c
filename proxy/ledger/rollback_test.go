package ledger_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// A mailbox that was rolled back gives UIDs anew: what was known of the messages
// that had them holds for none that get them, for no page of the mailbox; what is
// known of the others stays.
func aMailboxThatWasRolledBack(t *testing.T, at place) {
	s := at.open(t)
	other := key("")
	other.Account = "team@example.org"
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(300)...), Octets: map[imap.UID]int64{1: 10, 200: 20}, Keys: map[imap.UID]translate.ContentKey{1: {1}, 127: {2}, 140: {3}, 290: {4}}}, Formats: []translate.Span{{From: 1}}, Hide: imap.UIDSetNum(3, 140, 260), Pins: map[imap.UID]string{2: "two", 138: "late", 299: "later"}}
	scanner, team := opens(t, s, key("scanner")), opens(t, s, other)
	records(t, scanner, facts)
	records(t, team, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Formats: facts.Formats, Hide: facts.Hide, Pins: facts.Pins})
	for range 2 { // the second finds that it is done
		now := translate.Listing{UIDValidity: 7, UIDNext: 135, Revision: scanner.Listing().Revision}
		if err := scanner.RollBack(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if l := scanner.Listing(); l.UIDNext != 135 || len(l.Entries) != 134 || l.Entries[0].Size != 10 {
		t.Errorf("%d messages are remembered, UIDNEXT %d", len(l.Entries), l.UIDNext)
	}
	records(t, scanner, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(200)...)}})
	closes(t, team)
	for name, p := range map[string]*ledger.Page{"scanner": scanner, "team": opens(t, s, other)} {
		k := knows(t, p, 7)
		if !sameSet(k.Hidden, 3) || len(k.UniqueIDs) != 1 || k.UniqueIDs[2] != "two" || len(k.Octets) != 1 || k.Octets[1] != 10 {
			t.Errorf("%s knows %+v", name, k)
		}
		if f := k.Formats; len(f) != 3 || f[1].From != 135 || f[2].From != 301 || f[2].Format.String() != "dovecot" || f[1].Format.String() == "dovecot" {
			t.Errorf("%s: formats %v", name, f)
		}
	}
	keys, err := scanner.Keys(t.Context(), 7)
	if err != nil || len(keys) != 2 || keys[127] != (translate.ContentKey{2}) {
		t.Errorf("content keys %v, %v", keys, err)
	}
}

// A message that is found under a new UID takes its unique-id along: when another
// comes back under the old one, no two have it.
func aTwinThatComesBack(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}, Formats: []translate.Span{{From: 1}}, Pins: map[imap.UID]string{1: "one", 2: "two"}})
	links := []translate.Link{{Old: 1, New: 4, UniqueID: "one"}, {Old: 2, New: 1, UniqueID: "two"}}
	if err := p.Relink(t.Context(), 7, links, nil); err != nil {
		t.Fatal(err)
	}
	k := knows(t, p, 7)
	if len(k.UniqueIDs) != 2 || k.UniqueIDs[4] != "one" || k.UniqueIDs[1] != "two" {
		t.Errorf("pinned are %v", k.UniqueIDs)
	}
	if _, err := translate.NewMaildrop(*listing(7, 1, 2, 3, 4), k.Known, translate.Policy{}); err != nil {
		t.Errorf("when UID 2 is back: %v", err)
	}
}

// What is recorded on the way to a login that fails does not make a device known.
func aDeviceIsNewUntilItHasLoggedIn(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}}); err != nil {
		t.Fatal(err)
	}
	if !knows(t, p, 7).NewDevice {
		t.Error("a device is known that has not logged in")
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
	if knows(t, p, 7).NewDevice {
		t.Error("a device that has logged in is new")
	}
}
