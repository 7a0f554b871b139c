package ledger_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// damageCostsWhatWasDamaged: a row that cannot be read costs what it held, and not
// what other rows hold, nor any login; what is known anew is written over it.
func damageCostsWhatWasDamaged(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	pins := map[imap.UID]string{1: "one", 2: "two", 300: "three hundred"}
	keys := map[imap.UID]translate.ContentKey{1: {1}, 300: {3}}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 300), Keys: keys}, Pins: pins})
	closes(t, p)
	for _, table := range []string{"page_pins", "snapshot_keys"} {
		ledger.Damage(t, s, "UPDATE "+table+" SET data = '0102' WHERE chunk = 0")
	}
	ledger.ForgetCache(s)
	p = opens(t, s, key(""))
	if got := knows(t, p, 7).UniqueIDs; !maps.Equal(got, map[imap.UID]string{300: "three hundred"}) {
		t.Errorf("the pins are %v", got)
	}
	if got, err := p.Keys(t.Context(), 7); err != nil || len(got) != 1 || got[300] != keys[300] {
		t.Errorf("the keys are %v, %v", got, err)
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Keys: keys}, Pins: map[imap.UID]string{2: "another"}})
	closes(t, p)
	ledger.ForgetCache(s)
	p = opens(t, s, key(""))
	if got := knows(t, p, 7).UniqueIDs; !maps.Equal(got, map[imap.UID]string{2: "another", 300: "three hundred"}) {
		t.Errorf("afterwards the pins are %v", got)
	}
	if got, err := p.Keys(t.Context(), 7); err != nil || !maps.Equal(got, keys) {
		t.Errorf("afterwards the keys are %v, %v", got, err)
	}
}

// aDamagedListOfAnOldServer: the messages of a row that cannot be read are new ones,
// under UIDs that nobody had; the others keep theirs.
func aDamagedListOfAnOldServer(t *testing.T, at place) {
	s := at.open(t)
	var now []translate.Given
	for i := range 3000 {
		now = append(now, translate.Given{UniqueID: strings.Repeat("i", i%70) + string(rune('a'+i%26)) + strings.Repeat("d", i/70), Octets: int64(i)})
	}
	first, err := translate.Assign(translate.Listing{}, now)
	if err != nil {
		t.Fatal(err)
	}
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: translate.AssignedValidity, Listing: &first.Listing}})
	closes(t, p)
	ledger.Damage(t, s, "UPDATE snapshot_entries SET data = '0102' WHERE chunk = 1")
	ledger.ForgetCache(s)
	p = opens(t, s, key(""))
	left := p.Listing()
	if len(left.Entries) == 0 || len(left.Entries) >= len(now) || left.UIDNext != first.Listing.UIDNext {
		t.Fatalf("%d messages are left, UIDNEXT %d", len(left.Entries), left.UIDNext)
	}
	again, err := translate.Assign(left, now)
	if err != nil {
		t.Fatal(err)
	}
	fresh := 0
	for i, uid := range again.UIDs {
		if uid >= first.Listing.UIDNext {
			fresh++
		} else if uid != first.UIDs[i] {
			t.Fatalf("message %d had UID %d, and has %d, which was another's", i+1, first.UIDs[i], uid)
		}
	}
	if fresh != len(now)-len(left.Entries) {
		t.Errorf("%d messages are new, and %d were lost", fresh, len(now)-len(left.Entries))
	}
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: translate.AssignedValidity, Listing: &again.Listing}})
	closes(t, p)
	ledger.ForgetCache(s)
	if p = opens(t, s, key("")); len(p.Listing().Entries) != len(now) {
		t.Errorf("afterwards %d messages are known", len(p.Listing().Entries))
	}
}

// aDamagedIntentIsLeftUndone: nobody is locked out for what an interrupted QUIT was
// to do, and nothing of it is done.
func aDamagedIntentIsLeftUndone(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	if err := p.Intend(t.Context(), translate.Intent{UIDValidity: 7, UIDNext: 3, Plan: translate.Plan{Deletes: 1}}); err != nil {
		t.Fatal(err)
	}
	closes(t, p)
	ledger.Damage(t, s, "UPDATE intents SET data = '0102'")
	p = opens(t, s, key(""))
	defer closes(t, p)
	if known := knows(t, p, 7); known.Intent != nil {
		t.Errorf("the intent is %+v", known.Intent)
	}
}

// What is kept decoded is weighed in octets: long unique-ids take more of it than
// many messages.
func TestTheCacheWeighsOctets(t *testing.T) {
	s := place{ledger.Options{Driver: ledger.DriverMemory}, false, nil}.open(t)
	weigh := func(account string, length int) int {
		var now []translate.Given
		for i := range 100 {
			now = append(now, translate.Given{UniqueID: strings.Repeat("A", length) + string(rune(0x21+i%90)) + account, Octets: 1})
		}
		a, err := translate.Assign(translate.Listing{}, now)
		if err != nil {
			t.Fatal(err)
		}
		k := key("")
		k.Account, k.Login = account, account
		p := opens(t, s, k)
		defer closes(t, p)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: translate.AssignedValidity, Listing: &a.Listing}})
		return ledger.CacheOctets(s)
	}
	short := weigh("short", 10)
	ledger.ForgetCache(s)
	long := weigh("long", 8000)
	if long-short < 100*7900 || short > 100*200 {
		t.Errorf("100 messages with short unique-ids weigh %d octets, with long ones %d", short, long)
	}
	for i := range 60 {
		weigh(string(rune('a'+i)), 8000)
	}
	if all := ledger.CacheOctets(s); all > 32<<20 {
		t.Errorf("all weigh %d octets", all)
	}
}
