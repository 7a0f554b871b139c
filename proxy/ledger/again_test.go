package ledger_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// rebuilt are messages with pinned unique-ids that have changed places under a new
// UIDVALIDITY.
var rebuilt = []translate.Link{{Old: 1, New: 3, UniqueID: "one"}, {Old: 2, New: 2, UniqueID: "two"}, {Old: 3, New: 1, UniqueID: "three"}}

var rebuiltPins = map[imap.UID]string{1: "three", 2: "two", 3: "one"}

// pinned has devices know three messages under UIDVALIDITY 7 by unique-ids that follow
// from no UID.
func pinned(t *testing.T, s *ledger.Store) {
	t.Helper()
	p := opens(t, s, key("before"))
	records(t, p, translate.Facts{
		MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3), Keys: map[imap.UID]translate.ContentKey{1: {1}, 2: {2}, 3: {3}}},
		Formats:      []translate.Span{{From: 1}}, Pins: map[imap.UID]string{1: "one", 2: "two", 3: "three"},
	})
	closes(t, p)
}

func listed9() translate.Facts {
	return translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 9, Listing: listing(9, 1, 2, 3)}}
}

func (k pageOf) relinks(links []translate.Link) {
	k.t.Helper()
	if err := k.Relink(k.t.Context(), 9, links, []translate.Span{{From: 1}}); err != nil {
		k.t.Fatal(err)
	}
}

type pageOf struct {
	*ledger.Page
	t *testing.T
}

// The second of two sessions has listed the mailbox before the first found its messages
// again, and its own links are of other UIDs than the page holds for by now.
func theSlowerFindsFewer(t *testing.T, at place) {
	s := at.open(t)
	pinned(t, s)
	first, second := pageOf{opens(t, s, key("a")), t}, pageOf{opens(t, s, key("b")), t}
	for _, p := range []pageOf{first, second} {
		if o, err := p.Previous(t.Context(), 9); err != nil || o == nil || len(o.Messages) != 3 {
			t.Fatalf("previous %+v, %v", o, err)
		}
	}
	records(t, first.Page, listed9())
	first.relinks(rebuilt)
	if err := second.Record(t.Context(), listed9()); err != nil {
		t.Fatal(err)
	}
	second.relinks(rebuilt[:1])
	if k := knows(t, second.Page, 9); !maps.Equal(k.UniqueIDs, rebuiltPins) {
		t.Errorf("unique-ids %v, want %v", k.UniqueIDs, rebuiltPins)
	}
}

// A session that has read the page before another found its messages again would show
// them under unique-ids that no device knows.
func theSlowerHasNotSeenTheFirst(t *testing.T, at place) {
	s := at.open(t)
	pinned(t, s)
	first, second := pageOf{opens(t, s, key("a")), t}, pageOf{opens(t, s, key("b")), t}
	if k := knows(t, second.Page, 9); len(k.UniqueIDs) > 0 {
		t.Fatalf("known %+v", k)
	}
	if _, err := first.Previous(t.Context(), 9); err != nil {
		t.Fatal(err)
	}
	records(t, first.Page, listed9())
	first.relinks(rebuilt)
	if o, err := second.Previous(t.Context(), 9); err != nil || o != nil {
		t.Fatalf("previous %+v, %v", o, err)
	}
	facts := listed9()
	facts.Formats = []translate.Span{{From: 1}}
	if err := second.Login(t.Context(), facts); !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("its login: %v", err)
	}
	if k := knows(t, second.Page, 9); !maps.Equal(k.UniqueIDs, rebuiltPins) {
		t.Errorf("known %+v", k)
	}
	if err := second.Login(t.Context(), facts); err != nil {
		t.Errorf("its login, after a look: %v", err)
	}
}

// Where a server gives a message a new UID again and again, its unique-id is a pin that
// moves. Who is late knows the UID, and no longer the pin.
func theSlowerFindsWhatHasMoved(t *testing.T, at place) {
	s := at.open(t)
	pinned(t, s)
	first, second := opens(t, s, key("a")), opens(t, s, key("b"))
	for i, p := range []*ledger.Page{first, second} {
		gone, err := p.Gone(t.Context(), []imap.UID{2})
		if err != nil || len(gone) != 1 {
			t.Fatalf("gone %+v, %v", gone, err)
		}
		if i == 0 && gone[0].UniqueID != "two" {
			t.Errorf("gone %+v", gone)
		}
		if err := p.Relink(t.Context(), 7, []translate.Link{{Old: 2, New: 4, UniqueID: gone[0].UniqueID}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if k := knows(t, second, 7); k.UniqueIDs[4] != "two" {
		t.Errorf("unique-ids %v", k.UniqueIDs)
	}
}

// A session that learns keeps nobody from seeing what is still to be learned: nothing
// would look like all.
func anotherLearnsMeanwhile(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("a"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}})
	closes(t, p)
	first, second := opens(t, s, key("a")), opens(t, s, key("b"))
	records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Keys: map[imap.UID]translate.ContentKey{2: {2}}}})
	if got := second.Unkeyed(t.Context(), 7, 10); !slices.Equal(got, []imap.UID{1, 3}) {
		t.Errorf("unkeyed are %v", got)
	}
	records(t, first, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3, 4), Keys: map[imap.UID]translate.ContentKey{3: {3}}}})
	second.Unkeyed(t.Context(), 7, 10) // of a listing that is not the newest, which is nobody else's answer
	if got := first.Unkeyed(t.Context(), 7, 10); !slices.Equal(got, []imap.UID{1, 4}) {
		t.Errorf("unkeyed are %v for who knows the listing", got)
	}
	if got := opens(t, s, key("c")).Unkeyed(t.Context(), 7, 10); !slices.Equal(got, []imap.UID{1, 4}) {
		t.Errorf("unkeyed are %v for the next session", got)
	}
}
