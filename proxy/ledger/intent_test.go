package ledger_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// What a crash has kept one device from hiding must not be hidden from the
// device that happens to log in next, and is not forgotten either.
func TestAnIntentToHideWaitsForItsDevice(t *testing.T) {
	s := sqliteAt(t).open(t)
	a := opens(t, s, key("a"))
	records(t, a, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 3, 4, 5)}})
	err := a.Intend(t.Context(), translate.Intent{UIDValidity: 7, Plan: translate.Plan{Hide: imap.UIDSetNum(3, 4), Deletes: 2}})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, a)
	if k := knows(t, opens(t, s, key("b")), 7); k.Intent != nil {
		t.Errorf("another device is shown %+v", k.Intent)
	}
	if k := knows(t, opens(t, s, key("a")), 7); k.Intent == nil || k.Intent.Plan.Deletes != 2 {
		t.Errorf("its own device is shown %+v", k.Intent)
	}
}
