package translate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// entries makes messages of UIDs, without a Same.
func entries(uids ...imap.UID) (list []translate.Entry) {
	for _, uid := range uids {
		list = append(list, translate.Entry{UID: uid, Size: 10})
	}
	return list
}

// settlement is one of these mailboxes, the first of them the maildrop's first.
func settlement(t *testing.T, p translate.Policy, shown ...translate.Shown) *translate.Settlement {
	t.Helper()
	for i := range shown {
		shown[i].Known.UIDValidity = shown[i].Listing.UIDValidity
		if i > 0 && shown[i].Tag == "" {
			shown[i].Tag = translate.MailboxTag(fmt.Sprint("mailbox ", i), shown[i].Listing.UIDValidity)
		}
	}
	s, err := translate.NewSettlement(shown, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func holding(validity uint32, list ...translate.Entry) translate.Shown {
	return translate.Shown{Listing: translate.Listing{UIDValidity: validity, Entries: list}}
}

// The first mailbox's messages have the unique-ids that it has alone, whatever the others
// hold; those have a tag, and no two messages one unique-id.
func TestUniqueIDsOfTheFirstMailbox(t *testing.T) {
	for _, template := range []string{"dovecot", "uw", "cyrus-old", "%u", "%v%u", "gmail"} {
		format, err := translate.ParseFormat(template)
		if err != nil {
			t.Fatal(err)
		}
		p := translate.Policy{UniqueID: format}
		l := translate.Listing{UIDValidity: 7, Entries: entries(1, 2, 5)}
		known := translate.Known{UIDValidity: 7, UniqueIDs: map[imap.UID]string{2: "of-old"}}
		alone, err := translate.NewMaildrop(l, known, p)
		if err != nil {
			t.Fatal(err)
		}
		pins := settlement(t, p, translate.Shown{Listing: l, Known: known}, holding(7, entries(1, 2, 5)...), holding(8, entries(1)...)).Pins()
		seen := make(map[string]bool)
		for i, ids := range pins {
			for uid, id := range ids {
				if seen[id] || !translate.ValidUniqueID(id) {
					t.Errorf("%s: %q of UID %d in mailbox %d is not one of its own, or not valid", template, id, uid, i)
				}
				seen[id] = true
			}
		}
		for n := 1; n <= alone.Len(); n++ {
			msg, _ := alone.Message(n)
			if want, got := string(alone.AppendUniqueID(nil, n)), pins[0][msg.UID]; got != want {
				t.Errorf("%s: UID %d has %q, and alone %q", template, msg.UID, got, want)
			}
		}
		for _, ids := range pins[1:] {
			for uid, id := range ids {
				if tag := id[strings.LastIndex(id, ".")+1:]; len(tag) != 12 {
					t.Errorf("%s: UID %d of another mailbox has %q, without a tag", template, uid, id)
				}
			}
		}
	}
}

// A tag is of a mailbox under one UIDVALIDITY.
func TestMailboxTag(t *testing.T) {
	tags := make(map[string]bool)
	for range 2 { // the second time gives the same
		for _, id := range []string{"Orders", "orders", "", "F2212ea87"} {
			for _, validity := range []uint32{1, 2, 256} {
				tags[translate.MailboxTag(id, validity)] = true
			}
		}
	}
	if len(tags) != 12 {
		t.Errorf("%d tags of 12 mailboxes", len(tags))
	}
}

// Where the unique-id and the tag are longer than RFC 1939 allows, the message has another,
// of at most 70 characters.
func TestLongUniqueIDsOfOtherMailboxes(t *testing.T) {
	long, err := translate.ParseFormat(strings.Repeat("x", 59) + "%u")
	if err != nil {
		t.Fatal(err)
	}
	pins := settlement(t, translate.Policy{UniqueID: long}, holding(4294967295, entries(1)...), holding(4294967295, entries(1, 4294967295)...)).Pins()
	if pins[0][1] != strings.Repeat("x", 59)+"1" {
		t.Errorf("the first mailbox's is %q", pins[0][1])
	}
	for uid, id := range pins[1] {
		if !translate.ValidUniqueID(id) || !strings.HasPrefix(id, "u4294967295.") {
			t.Errorf("UID %d has %q", uid, id)
		}
	}
}

// Copies of one message, by what the server says, have one unique-id, which devices know
// one of them by if they know any.
func TestCopiesShareAUniqueID(t *testing.T) {
	same := func(uid imap.UID, same uint64) translate.Entry {
		return translate.Entry{UID: uid, Size: 10, Same: same}
	}
	known := holding(8, same(4, 1), same(6, 2))
	known.Known.UniqueIDs = map[imap.UID]string{4: "known"}
	pins := settlement(t, translate.Policy{}, holding(7, same(1, 1), same(2, 2), same(3, 3)), known).Pins()
	if pins[0][1] != "known" || pins[1][4] != "known" {
		t.Errorf("of a known one: %q and %q", pins[0][1], pins[1][4])
	}
	if pins[0][2] != pins[1][6] || pins[0][2] == pins[0][3] || pins[0][2] == "known" {
		t.Errorf("of a new one: %q and %q; another has %q", pins[0][2], pins[1][6], pins[0][3])
	}
}

// A unique-id that two messages claim belongs to one of them: a device would take the
// other for it.
func TestOneUniqueIDForTwoMessages(t *testing.T) {
	first, second := holding(7, entries(1)...), holding(8, entries(1)...)
	first.Known.UniqueIDs, second.Known.UniqueIDs = map[imap.UID]string{1: "claimed"}, map[imap.UID]string{1: "claimed"}
	pins := settlement(t, translate.Policy{}, first, second).Pins()
	if pins[0][1] != "claimed" || pins[1][1] == "claimed" || !translate.ValidUniqueID(pins[1][1]) {
		t.Errorf("%q and %q", pins[0][1], pins[1][1])
	}
	// What is computed for a new message may be what another one is known by.
	other := holding(8, entries(1)...)
	other.Known.UniqueIDs = map[imap.UID]string{1: "0000000100000007"} // of UID 1 in the first, in the preset dovecot
	pins = settlement(t, translate.Policy{}, holding(7, entries(1)...), other).Pins()
	if pins[1][1] != "0000000100000007" || pins[0][1] == pins[1][1] {
		t.Errorf("%q and %q", pins[0][1], pins[1][1])
	}
}

// Messages that were listed before the others were shown are served under what is computed
// for them, though nothing is pinned: they are not new.
func TestServedAlone(t *testing.T) {
	first := holding(7, entries(1, 2)...)
	first.Served = func(uid imap.UID) bool { return uid == 1 }
	s := settlement(t, translate.Policy{}, first, holding(8, entries(3)...))
	if fresh := s.Fresh(); len(fresh[0]) != 1 || fresh[0][0].UID != 2 || len(fresh[1]) != 1 {
		t.Errorf("new are %+v", fresh)
	}
}

// A message that has gone from one mailbox and come into another keeps its unique-id and
// its place; a pair is of one content and one size, where that is known.
func TestFindGivesUniqueIDsBack(t *testing.T) {
	key := func(b byte) translate.ContentKey { return translate.ContentKey{b} }
	lost := func(page int64, uid imap.UID, k byte, octets int64) translate.Lost {
		return translate.Lost{Page: page, Remembered: translate.Remembered{UID: uid, UniqueID: fmt.Sprintf("lost-%d-%d", page, uid), Key: key(k), Octets: octets, Order: int(uid)}}
	}
	s := settlement(t, translate.Policy{}, holding(7, entries(1, 2)...), holding(8, entries(5, 6, 7, 8)...))
	keys := []map[imap.UID]translate.ContentKey{{1: key(1), 2: key(2)}, {5: key(1), 6: key(0), 7: key(4), 8: key(9)}}
	found := s.Find([]translate.Lost{lost(2, 9, 1, 10), lost(1, 3, 1, 10), lost(1, 4, 2, 11), lost(1, 5, 0, 10), lost(1, 6, 4, 0)}, keys)
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%d/%d is %s of page %d, UID %d, place %d", f.Mailbox, f.New, f.UniqueID, f.Page, f.Old, f.Order))
	}
	want := []string{"0/1 is lost-1-3 of page 1, UID 3, place 3", "1/5 is lost-2-9 of page 2, UID 9, place 9", "1/7 is lost-1-6 of page 1, UID 6, place 6"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if left := s.Fresh(); len(left[0]) != 1 || len(left[1]) != 2 {
		t.Errorf("new are %+v", left)
	}
	pins := s.Pins()
	all := slices.Concat(slices.Collect(maps.Values(pins[0])), slices.Collect(maps.Values(pins[1])))
	slices.Sort(all)
	if len(slices.Compact(all)) != 6 || pins[0][1] != "lost-1-3" {
		t.Errorf("unique-ids %v", pins)
	}
}

// A lost message that a match has found in one of the mailboxes is that one, whatever its
// content says; one that is known by now, or is not there, stays as it is.
func TestMatchedAreGivenTheirUniqueIDs(t *testing.T) {
	first, second := holding(7, entries(1, 2)...), holding(8, entries(5, 6)...)
	first.Name, second.Name = "INBOX", "Orders"
	second.Known.UniqueIDs = map[imap.UID]string{6: "known"}
	s := settlement(t, translate.Policy{}, first, second)
	lost := func(id, in string, as imap.UID) translate.Lost {
		return translate.Lost{Page: 3, Remembered: translate.Remembered{UID: 9, UniqueID: id}, In: in, As: as}
	}
	found := s.Matched([]translate.Lost{lost("a", "Orders", 5), lost("b", "Orders", 6), lost("c", "INBOX", 3), lost("known", "INBOX", 1), lost("d", "", 2)})
	if len(found) != 1 || found[0].Mailbox != 1 || found[0].Page != 3 || found[0].Link != (translate.Link{Old: 9, New: 5, UniqueID: "a"}) {
		t.Errorf("found %+v", found)
	}
	if pins := s.Pins(); pins[1][5] != "a" || pins[1][6] != "known" || pins[0][1] == "known" {
		t.Errorf("unique-ids %v", pins)
	}
}

// What was described by the server's own id, while its mailbox was shown alone, is found
// where it is listed with it.
func TestFindByTheServersID(t *testing.T) {
	key := translate.EmailIDKey("M1")
	s := settlement(t, translate.Policy{}, holding(7), holding(8, translate.Entry{UID: 3, Size: 10, Same: key.Number()}))
	lost := translate.Lost{Page: 1, Remembered: translate.Remembered{UID: 1, UniqueID: "known", Key: key, Octets: 10}}
	found := s.Find([]translate.Lost{lost}, []map[imap.UID]translate.ContentKey{nil, {3: translate.SameKey(key.Number())}})
	if len(found) != 1 || found[0].UniqueID != "known" || s.Pins()[1][3] != "known" {
		t.Errorf("found %+v", found)
	}
	stray := translate.Strayed{Known: translate.Identity{Key: key, Octets: 10}}
	if again, _, _ := translate.Retrace([]translate.Strayed{stray}, []translate.Arrived{{UID: 3, Identity: translate.Identity{Key: translate.SameKey(key.Number()), Octets: 10}}}); len(again) != 1 {
		t.Error("it is not found again within the session")
	}
}

// What nobody had looked at before it was lost is told by when it was received and how
// large it is, if there is no choice: of one lost message, and one new one.
func TestFindByWhenItWasReceived(t *testing.T) {
	at := func(uid imap.UID, received, size int64) translate.Entry {
		return translate.Entry{UID: uid, Received: received, Size: size}
	}
	lost := func(uid imap.UID, e translate.Entry) translate.Lost {
		return translate.Lost{Page: 1, Remembered: translate.Remembered{UID: uid, UniqueID: fmt.Sprint("lost-", uid), Key: translate.ReceivedKey(e), Octets: e.Size}}
	}
	s := settlement(t, translate.Policy{}, holding(7), holding(8,
		at(1, 100, 10),                 // was lost
		at(2, 200, 20), at(3, 200, 20), // either of them may be the one that was
		at(4, 300, 30), // either of two may be this one
		at(5, translate.ReceivedNotSaid, 40), at(6, 0, 50), at(7, 600, 61)))
	gone := []translate.Lost{lost(1, at(0, 100, 10)), lost(2, at(0, 200, 20)), lost(3, at(0, 300, 30)), lost(4, at(0, 300, 30)),
		lost(5, at(0, translate.ReceivedNotSaid, 40)), lost(6, at(0, 0, 50)), lost(7, at(0, 600, 60))}
	found := s.Find(gone, []map[imap.UID]translate.ContentKey{nil, nil})
	if len(found) != 1 || found[0].New != 1 || found[0].UniqueID != "lost-1" {
		t.Errorf("found %+v", found)
	}
}

// A listing that contradicts itself is refused.
func TestASettlementOfNonsense(t *testing.T) {
	if _, err := translate.NewSettlement([]translate.Shown{holding(7, entries(2, 1)...)}, translate.Policy{}); err == nil {
		t.Error("UID 1 behind UID 2 was taken")
	}
}
