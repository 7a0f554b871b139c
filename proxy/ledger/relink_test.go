package ledger_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// served has two devices of a page served under UIDVALIDITY 7: message 1 was
// hidden by both, 2 by the scanner, 4 deleted, 5 pinned, 6 measured; messages 8
// and up came after unique_id was changed.
func served(t *testing.T, at place) place {
	t.Helper()
	s := at.open(t)
	p, other := opens(t, s, key("scanner")), opens(t, s, key("printer"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(10)...), Octets: map[imap.UID]int64{6: 66}, Keys: map[imap.UID]translate.ContentKey{1: {1}, 9: {9}}}, Formats: []translate.Span{{From: 1}, {From: 8, Format: format(t, "uw")}}, Pins: map[imap.UID]string{5: "imported.5"}, Hide: imap.UIDSetNum(1, 2), Deletions: []translate.Deletion{{UIDValidity: 7, UID: 4, Action: translate.DeleteTrash}, {UIDValidity: 7, UID: 2, Action: translate.DeleteHide}}})
	records(t, other, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(1)})
	closes(t, other)
	closes(t, p)
	if at.lasts {
		closes(t, s)
	} else {
		at.store = s
	}
	return at
}

var remembered = []translate.Remembered{
	{UID: 1, Octets: 1001, UniqueID: "0000000100000007", Key: translate.ContentKey{1}},
	{UID: 2, Octets: 1002, UniqueID: "0000000200000007"},
	{UID: 3, Octets: 1003, UniqueID: "0000000300000007"},
	{UID: 5, Octets: 1005, UniqueID: "imported.5"},
	{UID: 6, UniqueID: "0000000600000007"}, // measured: what the upstream says of it is not known
	{UID: 7, Octets: 1007, UniqueID: "0000000700000007"},
	{UID: 8, Octets: 1008, UniqueID: "0000000700000008"},
	{UID: 9, Octets: 1009, UniqueID: "0000000700000009", Key: translate.ContentKey{9}},
	{UID: 10, Octets: 1010, UniqueID: "000000070000000a"},
}

func aNewUIDValidityKeepsWhatDevicesKnow(t *testing.T, at place) {
	s := served(t, at).open(t)
	p := opens(t, s, key("scanner"))
	if got, err := p.Previous(t.Context(), 7); err != nil || got != nil {
		t.Errorf("under the same UIDVALIDITY: %v, %v", got, err)
	}
	before := &translate.PreviousMailbox{Messages: remembered}
	got, err := p.Previous(t.Context(), 8)
	if err != nil || !reflect.DeepEqual(got, before) {
		t.Fatalf("previous messages %v, %v; want %v", got, err, before)
	}
	// The new listing may be written down before its messages are linked.
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 8, Listing: listing(8, 101, 102, 103)}})
	if got, err = p.Previous(t.Context(), 8); err != nil || !reflect.DeepEqual(got, before) {
		t.Fatalf("after the new listing: %v, %v", got, err)
	}
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 8}, Hide: imap.UIDSetNum(101)}); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("hiding before the page is linked: %v", err)
	}
	links := []translate.Link{{Old: 1, New: 101, UniqueID: "0000000100000007"}, {Old: 2, New: 102, UniqueID: "0000000200000007"}}
	if err := p.Relink(t.Context(), 8, links, []translate.Span{{From: 103}}); err != nil {
		t.Fatal(err)
	}
	want := map[imap.UID]string{101: "0000000100000007", 102: "0000000200000007"}
	k := knows(t, p, 8)
	if !maps.Equal(k.UniqueIDs, want) || !sameSet(k.Hidden, 101, 102) || len(k.Formats) != 1 || k.Formats[0].From != 103 {
		t.Errorf("known %+v", k)
	}
	if k := knows(t, opens(t, s, key("printer")), 8); !maps.Equal(k.UniqueIDs, want) || !sameSet(k.Hidden, 101) {
		t.Errorf("the other device knows %+v", k)
	}
	if got, err := p.Previous(t.Context(), 8); err != nil || got != nil {
		t.Errorf("after Relink: %v, %v", got, err)
	}
	if err := p.Record(t.Context(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(3)}); !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("a session that still has the old UIDs hides: %v", err)
	}
}

func sameSet(got map[imap.UID]struct{}, want ...imap.UID) bool {
	return slices.Equal(slices.Sorted(maps.Keys(got)), want)
}

func anotherUpstreamKeepsWhatDevicesKnow(t *testing.T, at place) {
	s := served(t, at).open(t)
	k := key("scanner")
	k.Upstream, k.Login = "new", "alice@new.example"
	p := opens(t, s, k)
	if p.Listing().UIDValidity != 0 {
		t.Errorf("the other mailbox lists %+v", p.Listing())
	}
	// The new server's UIDVALIDITY may happen to be the same.
	if known := knows(t, p, 7); known.NewDevice || known.UniqueIDs != nil || known.Hidden != nil || known.Octets != nil {
		t.Errorf("known %+v", known)
	}
	got, err := p.Previous(t.Context(), 7)
	if err != nil || !reflect.DeepEqual(got, &translate.PreviousMailbox{Messages: remembered, Moved: true}) {
		t.Fatalf("previous messages %v, %v", got, err)
	}
	if err := p.Relink(t.Context(), 7, []translate.Link{{Old: 2, New: 9, UniqueID: "z"}}, nil); err != nil {
		t.Fatal(err)
	}
	if known := knows(t, p, 7); !sameSet(known.Hidden, 9) || !maps.Equal(known.UniqueIDs, map[imap.UID]string{9: "z"}) || known.Formats != nil {
		t.Errorf("known %+v", known)
	}
}

func aNewUIDOfTheSameMessageIsLinked(t *testing.T, at place) {
	s := served(t, at).open(t)
	p := opens(t, s, key("scanner"))
	got, err := p.Gone(t.Context(), []imap.UID{9, 4, 2, 77})
	if err != nil || !reflect.DeepEqual(got, []translate.Remembered{remembered[1], remembered[7]}) {
		t.Fatalf("gone %v, %v", got, err)
	}
	if err := p.Relink(t.Context(), 7, []translate.Link{{Old: 2, New: 11, UniqueID: "0000000200000007"}}, nil); err != nil {
		t.Fatal(err)
	}
	k := knows(t, p, 7)
	if !maps.Equal(k.UniqueIDs, map[imap.UID]string{5: "imported.5", 11: "0000000200000007"}) || !sameSet(k.Hidden, 1, 2, 11) || len(k.Formats) != 2 || k.Octets[6] != 66 {
		t.Errorf("known %+v", k)
	}
}

func anEmptyMailboxHasNothingToKeep(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7)}, Formats: []translate.Span{{From: 1}}, Hide: imap.UIDSetNum(5)})
	if got, err := p.Previous(t.Context(), 8); err != nil || got != nil && len(got.Messages) > 0 {
		t.Errorf("previous messages %v, %v", got, err)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 8, Listing: listing(8, 1, 5)}, Hide: imap.UIDSetNum(1), Pins: map[imap.UID]string{1: "a"}})
	if k := knows(t, p, 8); !sameSet(k.Hidden, 1) || k.Formats != nil || len(k.UniqueIDs) != 1 {
		t.Errorf("known %+v", k)
	}
}

func contentKeysAreTakenOnce(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	if got := p.Unkeyed(t.Context(), 7, 10); got != nil {
		t.Errorf("an empty ledger wants keys of %v", got)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 129, 300)}})
	if got := p.Unkeyed(t.Context(), 7, 3); !slices.Equal(got, []imap.UID{1, 2, 129}) {
		t.Errorf("without keys: %v", got)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Keys: map[imap.UID]translate.ContentKey{2: {2}, 300: {3}}}})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 6, Keys: map[imap.UID]translate.ContentKey{1: {9}}}})
	if got := p.Unkeyed(t.Context(), 7, 3); !slices.Equal(got, []imap.UID{1, 129}) {
		t.Errorf("without keys: %v", got)
	}
	if got := p.Unkeyed(t.Context(), 8, 3); got != nil {
		t.Errorf("under another UIDVALIDITY: %v", got)
	}
	// The keys of chunks that are empty now are forgotten with them.
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 129)}})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 129, 300)}})
	if got := p.Unkeyed(t.Context(), 7, 5); !slices.Equal(got, []imap.UID{1, 129, 300}) {
		t.Errorf("without keys: %v", got)
	}
}
