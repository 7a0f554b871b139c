package translate_test

import (
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
