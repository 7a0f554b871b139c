package ledger_test

import (
	"errors"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// anOlderListing is one that was asked for before another session recorded its own:
// it takes nothing away, proves nothing, and what comes with it is kept.
func anOlderListing(t *testing.T, at place) {
	s := at.open(t)
	slow, quick := opens(t, s, key("slow")), opens(t, s, key("quick"))
	older := *listing(7, 1, 2, 3)
	older.Revision = slow.Listing().Revision
	records(t, quick, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3, 4)}, Formats: []translate.Span{{From: 1}}, Hide: imap.UIDSetNum(4)})
	// It reads what the other has written before it records what it saw earlier.
	if err := slow.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := slow.Login(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: &older, Octets: map[imap.UID]int64{1: 17}, Keys: map[imap.UID]translate.ContentKey{2: {2}}}}); err != nil {
		t.Fatal(err)
	}
	if err := slow.RollBack(t.Context(), older); !errors.Is(err, translate.ErrOvertaken) || !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("an older listing sets the mailbox back: %v", err)
	}
	strange := *listing(6, 1)
	strange.Revision = older.Revision
	if err := slow.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 6, Listing: &strange}}); !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("a listing under an older UIDVALIDITY: %v", err)
	}
	closes(t, slow)
	closes(t, quick)
	p := opens(t, s, key("quick"))
	if l := p.Listing(); len(l.Entries) != 4 || l.UIDNext != 5 || l.Entries[0].Size != 17 {
		t.Errorf("remembered are %d messages, UIDNEXT %d: %+v", len(l.Entries), l.UIDNext, l)
	}
	if k := knows(t, p, 7); !sameSet(k.Hidden, 4) || len(k.Formats) != 1 {
		t.Errorf("known is %+v", k)
	}
	if keys, err := p.Keys(t.Context(), 7); err != nil || keys[2] != (translate.ContentKey{2}) {
		t.Errorf("content keys %v, %v", keys, err)
	}
}

// aSessionGoesOn: what a session has recorded itself is nothing newer than what it
// sees next.
func aSessionGoesOn(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	for n := range 3 {
		l := *listing(7, upTo(imap.UID(n+1))...)
		l.Revision = 0 // as of the beginning of the session
		if err := p.Login(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: &l}}); err != nil {
			t.Fatal(err)
		}
		// What it learns of their content between two looks changes nothing in that.
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Keys: map[imap.UID]translate.ContentKey{imap.UID(n + 1): {byte(n)}}}})
	}
	closes(t, p)
	if l := opens(t, s, key("")).Listing(); len(l.Entries) != 3 {
		t.Errorf("remembered %+v", l)
	}
}

// spansThatOthersHaveChanged are not written over by those that were made of the
// old ones.
func spansThatOthersHaveChanged(t *testing.T, at place) {
	s := at.open(t)
	records(t, opens(t, s, key("")), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(9)...)}, Formats: []translate.Span{{From: 1}}})
	slow, quick := opens(t, s, key("slow")), opens(t, s, key("quick"))
	knows(t, slow, 7)
	now := translate.Listing{UIDValidity: 7, UIDNext: 5, Revision: quick.Listing().Revision}
	if err := quick.RollBack(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if err := slow.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Formats: []translate.Span{{From: 1}, {From: 10, Format: uw(t)}}}); !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("spans of earlier ones: %v", err)
	}
	if k := knows(t, slow, 7); len(k.Formats) != 3 {
		t.Errorf("the spans are %v", k.Formats)
	}
	// Having read them, it may.
	records(t, slow, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Formats: append(knows(t, slow, 7).Formats, translate.Span{From: 11, Format: uw(t)})})
	if k := knows(t, quick, 7); len(k.Formats) != 4 {
		t.Errorf("the spans are %v", k.Formats)
	}
}

func uw(t *testing.T) translate.Format {
	t.Helper()
	f, err := translate.ParseFormat("uw")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
