package ledger_test

import (
	"errors"
	"maps"
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// aMailboxIsLearnedWithoutADevice is what a harvest does: it knows a mailbox from
// which nobody was served yet, and a session that lists it in between wins.
func aMailboxIsLearnedWithoutADevice(t *testing.T, at place) {
	s := at.open(t)
	k := key("scanner")
	box := translate.Box{Upstream: k.Upstream, Login: k.Login, Mailbox: k.Mailbox}
	nothing, err := s.Mailboxes.LoadInventory(t.Context(), box)
	if err != nil || nothing.Listing.UIDValidity != 0 || nothing.Revision != 0 {
		t.Fatalf("of a mailbox that nobody has seen: %+v, %v", nothing, err)
	}
	l := listing(7, upTo(300)...)
	first, err := s.Mailboxes.SaveInventory(t.Context(), nothing, translate.MailboxFacts{UIDValidity: 7, Listing: l,
		Keys: map[imap.UID]translate.ContentKey{3: {3}}, Prints: map[imap.UID]translate.Print{3: {Header: translate.ContentKey{1}}, 200: {Body: translate.ContentKey{2}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Mailboxes.SaveInventory(t.Context(), nothing, translate.MailboxFacts{UIDValidity: 7, Listing: l}); !errors.Is(err, translate.ErrOvertaken) {
		t.Errorf("what was recalled before somebody else wrote may be written over: %v", err)
	}
	second, err := s.Mailboxes.SaveInventory(t.Context(), first, translate.MailboxFacts{UIDValidity: 7, Prints: map[imap.UID]translate.Print{3: {Sent: translate.ContentKey{9}}}})
	if err != nil {
		t.Fatal(err)
	}
	ledger.ForgetCache(s)
	got, err := s.Mailboxes.LoadInventory(t.Context(), box)
	want := map[imap.UID]translate.Print{3: {Header: translate.ContentKey{1}, Sent: translate.ContentKey{9}}, 200: {Body: translate.ContentKey{2}}}
	if err != nil || !maps.Equal(got.Prints, want) || !maps.Equal(got.Keys, map[imap.UID]translate.ContentKey{3: {3}}) || !reflect.DeepEqual(got.Listing.Entries, l.Entries) {
		t.Errorf("recalled %d messages, prints %v, keys %v, %v", len(got.Listing.Entries), got.Prints, got.Keys, err)
	}
	if got.Revision != second.Revision {
		t.Error("nothing was written, and the revision is another one")
	}
	// What was learned is there for the first session, and goes with its messages.
	p := opens(t, s, k)
	defer closes(t, p)
	if p.Listing().UIDNext != l.UIDNext {
		t.Errorf("a session begins with %+v", p.Listing())
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Prints: map[imap.UID]translate.Print{3: {Header: translate.ContentKey{1}}, 250: {Sent: translate.ContentKey{5}}}}})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(100)...)}})
	want = map[imap.UID]translate.Print{3: want[3]}
	if got, err = s.Mailboxes.LoadInventory(t.Context(), box); err != nil || !maps.Equal(got.Prints, want) {
		t.Errorf("prints after messages went: %v, %v; want %v", got.Prints, err, want)
	}
	before := ledger.Writes(s)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Prints: map[imap.UID]translate.Print{3: {Header: translate.ContentKey{1}}}}})
	if ledger.Writes(s) != before {
		t.Error("a print that is known was written again")
	}
}
