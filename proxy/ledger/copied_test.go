package ledger_test

import (
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// That a message was copied outlives the process, and is forgotten with the message: of
// one that is gone, under another UIDVALIDITY, and where UIDs are given anew.
func aCopyThatIsRemembered(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	copied := func(uids ...imap.UID) (copies []translate.Copied) {
		for _, uid := range uids {
			copies = append(copies, translate.Copied{UID: uid, Print: ^translate.Fingerprint(uid), To: "Tr\x80sh", ToValidity: 1 << 31})
		}
		return copies
	}
	holds := func(when string, want []translate.Copied) {
		t.Helper()
		got, err := p.Copied(t.Context(), 7)
		if err != nil || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: copied are %+v (%v), want %+v", when, got, err, want)
		}
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 3, 4, 9)}})
	holds("nothing", nil)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Copied: copied(3)})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Copied: copied(4, 9)})
	closes(t, p)
	if at.lasts {
		closes(t, s)
		s = at.open(t)
	}
	p = opens(t, s, key("laptop"))
	holds("another device, later", copied(3, 4, 9))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 4, 9)}})
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Copied: copied(4)})
	holds("one is gone", copied(4, 9))
	if err := p.RollBack(t.Context(), translate.Listing{UIDValidity: 7, UIDNext: 5, Revision: p.Listing().Revision}); err != nil {
		t.Fatal(err)
	}
	holds("rolled back", copied(4))
	if got, err := p.Copied(t.Context(), 8); err != nil || len(got) != 0 {
		t.Errorf("under another UIDVALIDITY: %+v (%v)", got, err)
	}
}
