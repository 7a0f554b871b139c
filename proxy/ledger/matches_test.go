package ledger_test

import (
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

var oldBox, newBox = translate.Box{Upstream: "old", Login: "alice", Mailbox: "INBOX"}, translate.Box{Upstream: "new", Login: "alice", Mailbox: "INBOX"}

// given is a listing of an old server, which gives the unique-ids.
func given(uids ...imap.UID) *translate.Listing {
	l := listing(1, uids...)
	for i := range l.Entries {
		l.Entries[i].UniqueID = "old." + string(rune('a'+i%26))
	}
	return l
}

func learns(t *testing.T, s *ledger.Store, box translate.Box, l *translate.Listing) translate.Inventory {
	t.Helper()
	i, err := s.Mailboxes.LoadInventory(t.Context(), box)
	if err == nil {
		i, err = s.Mailboxes.SaveInventory(t.Context(), i, translate.MailboxFacts{UIDValidity: l.UIDValidity, Listing: l})
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func keeps(t *testing.T, s *ledger.Store, old, fresh translate.Inventory, pairs ...translate.Pair) translate.Mapping {
	t.Helper()
	c, err := translate.NewMapping(old, fresh, translate.Match{Pairs: pairs}, time.UnixMilli(1e12).UTC())
	if err == nil {
		err = s.Mailboxes.SaveMapping(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func aMatchIsKept(t *testing.T, at place) {
	s := at.open(t)
	if c, err := s.Mailboxes.LoadMapping(t.Context(), oldBox, newBox); err != nil || !c.At.IsZero() {
		t.Fatalf("of mailboxes that nobody knows: %+v, %v", c, err)
	}
	old := learns(t, s, oldBox, given(1, 2, 3))
	var nowhere translate.Inventory
	if err := s.Mailboxes.SaveMapping(t.Context(), translate.Mapping{Old: oldBox, New: newBox}); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a match with a mailbox that was never listed: %v", err)
	}
	if _, err := translate.NewMapping(old, nowhere, translate.Match{}, time.Now()); err == nil {
		t.Error("a match with a mailbox that was never listed is one")
	}
	fresh := learns(t, s, newBox, listing(7, upTo(300)...))
	keeps(t, s, old, fresh, translate.Pair{Old: 1, New: 9})
	want := keeps(t, s, old, fresh, translate.Pair{Old: 3, New: 2, Reason: translate.ReasonBody}, translate.Pair{Old: 1, New: 290})
	if got, err := s.Mailboxes.LoadMapping(t.Context(), oldBox, newBox); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v, %v; want %+v", got, err, want)
	}
	if c, err := s.Mailboxes.LoadMapping(t.Context(), newBox, oldBox); err != nil || !c.At.IsZero() {
		t.Errorf("the other way round: %+v, %v", c, err)
	}
	// An account that moves leaves its old mailbox, which has to be there still
	// should it come back; with the account all of it goes.
	k := key("")
	k.Upstream = oldBox.Upstream
	p := opens(t, s, k)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 1}})
	closes(t, p)
	k.Upstream = newBox.Upstream
	p = opens(t, s, k)
	if err := p.Relink(t.Context(), 7, nil, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 8, Listing: listing(8, 1)}}) // rebuilt meanwhile
	closes(t, p)
	if i, err := s.Mailboxes.LoadInventory(t.Context(), oldBox); err != nil || len(i.Listing.Entries) != 3 {
		t.Errorf("the old mailbox after the move: %+v, %v", i.Listing, err)
	}
	if got, err := s.Mailboxes.LoadMapping(t.Context(), oldBox, newBox); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the match after the move: %+v, %v", got, err)
	}
	if err := s.Forget(t.Context(), k.Account); err != nil {
		t.Fatal(err)
	}
	for _, box := range []translate.Box{oldBox, newBox} {
		if i, err := s.Mailboxes.LoadInventory(t.Context(), box); err != nil || i.Listing.UIDValidity != 0 {
			t.Errorf("%s after the account was forgotten: %+v, %v", box.Upstream, i.Listing, err)
		}
	}
}

// aMatchGivesAPageItsUniqueIDs is an account that nobody has logged in to before it
// moved: its devices know the old server's unique-ids all the same.
func aMatchGivesAPageItsUniqueIDs(t *testing.T, at place) {
	s := at.open(t)
	k := key("")
	k.Upstream = newBox.Upstream
	old, fresh := learns(t, s, oldBox, given(1, 2, 3)), learns(t, s, newBox, listing(7, 11, 12, 13))
	pairs := []translate.Pair{{Old: 2, New: 11, Reason: translate.ReasonHeader}, {Old: 1, New: 12}}
	keeps(t, s, old, fresh, pairs...)
	p := opens(t, s, k)
	if got, err := p.Previous(t.Context(), 8); err != nil || got != nil {
		t.Errorf("under a UIDVALIDITY that was not matched: %+v, %v", got, err)
	}
	// The listing may be written down first: a crash before Relink loses nothing.
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 11, 12, 13, 14), Keys: map[imap.UID]translate.ContentKey{14: {1}}}})
	closes(t, p)
	p = opens(t, s, k)
	got, err := p.Previous(t.Context(), 7)
	want := &translate.PreviousMailbox{Pairs: pairs, Moved: true, Messages: []translate.Remembered{
		{UID: 1, Octets: 1001, UniqueID: "old.a"}, {UID: 2, Octets: 1002, UniqueID: "old.b"}, {UID: 3, Octets: 1003, UniqueID: "old.c"},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	links := []translate.Link{{Old: 2, New: 11, UniqueID: "old.b"}, {Old: 1, New: 12, UniqueID: "old.a"}}
	if err := p.Relink(t.Context(), 7, links, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	known := knows(t, p, 7)
	if !maps.Equal(known.UniqueIDs, map[imap.UID]string{11: "old.b", 12: "old.a"}) || !maps.Equal(known.Order, map[imap.UID]int{12: 1, 11: 2}) {
		t.Errorf("known %+v", known)
	}
	if got, err := p.Previous(t.Context(), 7); err != nil || got != nil {
		t.Errorf("once it is linked: %+v, %v", got, err)
	}
	closes(t, p)
	// The way back is the same match.
	k.Upstream = oldBox.Upstream
	p = opens(t, s, k)
	got, err = p.Previous(t.Context(), 1)
	if err != nil || got == nil || !reflect.DeepEqual(got.Pairs, []translate.Pair{{Old: 11, New: 2, Reason: translate.ReasonHeader}, {Old: 12, New: 1}}) {
		t.Errorf("back: %+v, %v", got, err)
	}
	closes(t, p)
	// A mailbox that nothing was matched with is bound as ever.
	k.Upstream = "third"
	k.Account = "bob@example.org"
	p = opens(t, s, k)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 5, Listing: listing(5, 1)}})
	if got, err := p.Previous(t.Context(), 6); err != nil || got == nil {
		t.Errorf("a page that was served: %+v, %v", got, err)
	}
	closes(t, p)
}
