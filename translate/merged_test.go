package translate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// viewOf makes the view of one mailbox. Messages with the same number have one unique-id:
// they are copies of one message, which the server knows by Same.
func viewOf(t *testing.T, validity uint32, same ...uint64) *translate.Maildrop {
	t.Helper()
	l := translate.Listing{UIDValidity: validity, UIDNext: imap.UID(len(same) + 1)}
	known := translate.Known{UIDValidity: validity, UniqueIDs: make(map[imap.UID]string)}
	for i, s := range same {
		e := translate.Entry{UID: imap.UID(i + 1), Size: 10 * int64(s), Same: s, Received: int64(s)}
		l.Entries = append(l.Entries, e)
		known.UniqueIDs[e.UID] = "message-" + string(rune('a'+s-1))
	}
	drop, err := translate.NewMaildrop(l, known, translate.Policy{Order: translate.OrderUID})
	if err != nil {
		t.Fatal(err)
	}
	return drop
}

// One copy that cannot be marked keeps the others from being marked: the device hears
// -ERR, and nothing is deleted at QUIT.
func TestDeleteMarksEveryCopyOrNone(t *testing.T) {
	p := translate.Policy{Order: translate.OrderArrival}
	inbox, label := viewOf(t, 1, 1, 2), viewOf(t, 2, 3, 2)
	m := translate.MergeMaildrops(p, inbox, label)
	if err := label.Delete(2); err != nil {
		t.Fatal(err)
	}
	if err := m.Delete(2); err == nil || inbox.Marked() != 0 || m.Marked() != 0 {
		t.Errorf("%v: %d marked in INBOX, %d in all", err, inbox.Marked(), m.Marked())
	}
	m.Reset()
	if err := m.Delete(2); err != nil || inbox.Marked() != 1 || label.Marked() != 1 || m.Marked() != 1 {
		t.Errorf("%v: %d marked in INBOX, %d in the other, %d in all", err, inbox.Marked(), label.Marked(), m.Marked())
	}
}

// shownIn gives the unique-ids that a maildrop shows, in order, without the marked ones.
func shownIn(m *translate.Merged) string {
	var ids []string
	for msg := range m.Messages {
		ids = append(ids, strings.TrimPrefix(string(m.AppendUniqueID(nil, msg.Number)), "message-"))
	}
	return strings.Join(ids, "")
}

// Messages are numbered over all mailboxes together; what there are too many of are the
// oldest of all. In viewOf the message a was received first, then b.
func TestTheOrderOfSeveralMailboxes(t *testing.T) {
	for name, c := range map[string]struct {
		policy translate.Policy
		want   string
		out    int
	}{
		"arrival":               {translate.Policy{Order: translate.OrderArrival}, "abcdefg", 0},
		"newest":                {translate.Policy{Order: translate.OrderNewest}, "gfedcba", 0},
		"by mailbox, then UID":  {translate.Policy{Order: translate.OrderUID}, "bdgaecf", 0},
		"the newest four":       {translate.Policy{Order: translate.OrderArrival, MaxMessages: 4}, "defg", 3},
		"four, newest in front": {translate.Policy{Order: translate.OrderNewest, MaxMessages: 4}, "gfed", 3},
		"four by UID":           {translate.Policy{Order: translate.OrderUID, MaxMessages: 4}, "dgef", 3},
		"as many as there are":  {translate.Policy{Order: translate.OrderArrival, MaxMessages: 7}, "abcdefg", 0},
	} {
		m := translate.MergeMaildrops(c.policy, viewOf(t, 1, 2, 4, 7), viewOf(t, 2, 1, 5), viewOf(t, 3, 3, 6))
		if got := shownIn(m); got != c.want || m.LeftOut().Old != c.out {
			t.Errorf("%s: %q with %d left out as old, want %q with %d", name, got, m.LeftOut().Old, c.want, c.out)
		}
	}
}

// What an account had on its old server comes first, as it was there.
func TestTheOldOrderOverSeveralMailboxes(t *testing.T) {
	of := func(validity uint32, order map[imap.UID]int, received ...int64) *translate.Maildrop {
		l := translate.Listing{UIDValidity: validity}
		known := translate.Known{UIDValidity: validity, Order: order, UniqueIDs: make(map[imap.UID]string)}
		for i, at := range received {
			uid := imap.UID(i + 1)
			l.Entries = append(l.Entries, translate.Entry{UID: uid, Received: at})
			known.UniqueIDs[uid] = string(rune('a' + int(validity)*3 + i))
		}
		drop, err := translate.NewMaildrop(l, known, translate.Policy{Order: translate.OrderUID})
		if err != nil {
			t.Fatal(err)
		}
		return drop
	}
	m := translate.MergeMaildrops(translate.Policy{Order: translate.OrderArrival},
		of(0, map[imap.UID]int{1: 2, 2: 1}, 1, 2, 9), of(1, map[imap.UID]int{2: 3}, 5, 6))
	if got := shownIn(m); got != "baedc" {
		t.Errorf("the order is %q, want what the old server had as it was there, then by arrival: baedc", got)
	}
}

// Numbers never shift, octets are counted once for each message, and the copies of one are
// one.
func TestASessionOverSeveralMailboxes(t *testing.T) {
	inbox, label := viewOf(t, 1, 1, 2), viewOf(t, 2, 2, 3)
	m := translate.MergeMaildrops(translate.Policy{Order: translate.OrderArrival}, inbox, label)
	stat := func(messages int, octets int64) {
		t.Helper()
		if n, o := m.Stat(); n != messages || o != octets {
			t.Errorf("STAT is %d %d, want %d %d", n, o, messages, octets)
		}
	}
	stat(3, 10+20+30)
	if m.Len() != 3 || m.LeftOut().Repeated != 1 {
		t.Errorf("%d messages, and %+v", m.Len(), m.LeftOut())
	}
	for n, want := range []translate.Message{{Number: 1, Mailbox: 0, UID: 1, Octets: 10}, {Number: 2, Mailbox: 0, UID: 2, Octets: 20}, {Number: 3, Mailbox: 1, UID: 2, Octets: 30}} {
		if got, err := m.Message(n + 1); err != nil || got != want {
			t.Errorf("message %d is %+v (%v), want %+v", n+1, got, err, want)
		}
	}
	for _, n := range []int{0, 4, -1} {
		if _, err := m.Message(n); err == nil {
			t.Errorf("there is a message %d", n)
		}
	}
	if err := m.Delete(2); err != nil {
		t.Fatal(err)
	}
	stat(2, 10+30)
	if err := m.Delete(2); err == nil || m.Marked() != 1 {
		t.Errorf("marked twice: %v, %d marked", err, m.Marked())
	}
	if got := shownIn(m); got != "ac" || m.Len() != 3 {
		t.Errorf("it shows %q of %d", got, m.Len())
	}
	var after []int
	for msg := range m.After(1) {
		after = append(after, msg.Number)
	}
	if !slices.Equal(after, []int{3}) {
		t.Errorf("behind the first: %v", after)
	}
	m.Reset()
	stat(3, 10+20+30)
	if inbox.Marked()+label.Marked()+m.Marked() != 0 || m.Last() != 0 {
		t.Errorf("behind RSET: %d, %d and %d are marked, the last is %d", inbox.Marked(), label.Marked(), m.Marked(), m.Last())
	}
}

// What a device has read is read in every mailbox that has it.
func TestRetrievedInEveryMailbox(t *testing.T) {
	inbox, label := viewOf(t, 1, 1, 2), viewOf(t, 2, 2, 3)
	m := translate.MergeMaildrops(translate.Policy{Order: translate.OrderArrival}, inbox, label)
	m.Retrieved(2, 21)
	m.Retrieved(1, 10)
	for name, c := range map[string]struct {
		drop *translate.Maildrop
		seen string
		size map[imap.UID]int64
	}{
		"INBOX": {inbox, "1:2", map[imap.UID]int64{2: 21}}, "the other": {label, "1", nil},
	} {
		plan := c.drop.SeenPlan(translate.Server{})
		if len(plan.Ops) != 1 || plan.Ops[0].UIDs.String() != c.seen {
			t.Errorf("%s: %+v, want \\Seen for %s", name, plan.Ops, c.seen)
		}
		if got := c.drop.Facts().Octets; !maps.Equal(got, c.size) {
			t.Errorf("%s: measured %v, want %v", name, got, c.size)
		}
	}
	if m.Last() != 2 {
		t.Errorf("LAST is %d, want 2", m.Last())
	}
}

// Over a single mailbox it is that mailbox's own view.
func TestMergedOverOne(t *testing.T) {
	one := viewOf(t, 1, 3, 1, 2)
	m := translate.MergeMaildrops(translate.Policy{Order: translate.OrderNewest, MaxMessages: 1}, one)
	if got := shownIn(m); got != "cab" || m.Len() != 3 {
		t.Errorf("it shows %q of %d", got, m.Len())
	}
	m.Retrieved(2, 10)
	if err := m.Delete(2); err != nil || one.Marked() != 1 || m.Marked() != 1 || m.Last() != 2 {
		t.Errorf("%v: %d and %d are marked, the last is %d", err, one.Marked(), m.Marked(), m.Last())
	}
	if got := shownIn(m); got != "cb" {
		t.Errorf("it shows %q", got)
	}
	m.Reset()
	if n, octets := m.Stat(); n != 3 || octets != 60 || one.Marked() != 0 {
		t.Errorf("behind RSET: STAT %d %d, %d marked", n, octets, one.Marked())
	}
}
