package migration_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/time/rate"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func harvest(t *testing.T, s *stage, which migration.Headers) migration.Harvested {
	t.Helper()
	h, err := s.Harvest(t.Context(), "old", s.alice, which, migration.Gentle{}, migration.Careful)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Only headers of messages that octets do not tell apart are read, each once.
func TestHarvestReadsWhatIsNeeded(t *testing.T) {
	s := newStage(t)
	for i := range 20 {
		s.old.put(letter(i, 3*i))
	}
	s.old.put(letter(20, 7), letter(21, 7), letter(22, 300), letter(23, 400), letter(24, 500), letter(25, 600))
	first := harvest(t, s, migration.HeadersNeeded)
	octets := make([]int64, len(s.old.messages))
	for i, m := range s.old.messages {
		octets[i] = int64(len(m))
	}
	needed := 0
	for _, tell := range translate.OctetsTell(octets) {
		if !tell {
			needed++
		}
	}
	if needed == 0 || needed > 10 || first != (migration.Harvested{Messages: 26, New: 26, Needed: needed, Known: needed, Read: needed, Coverage: needed}) || s.old.headers != needed {
		t.Errorf("the first time: %+v, %d headers were read, %d are needed", first, s.old.headers, needed)
	}
	s.old.headers = 0
	if again := harvest(t, s, migration.HeadersNeeded); again.Read != 0 || again.New != 0 || again.Known != needed || s.old.headers != 0 {
		t.Errorf("again: %+v, %d headers were read", again, s.old.headers)
	}
	if all := harvest(t, s, migration.HeadersAll); all.Read != 26-needed || all.Known != 26 || all.Coverage != 26 {
		t.Errorf("all headers: %+v", all)
	}
	s.old.put(letter(30, 1000))
	if more := harvest(t, s, migration.HeadersAll); more.Messages != 27 || more.New != 1 || more.Read != 1 {
		t.Errorf("one more: %+v", more)
	}
	known, err := s.store.Mailboxes.LoadInventory(t.Context(), translate.Box{Upstream: "old", Login: s.alice.Name, Mailbox: "INBOX"})
	if err != nil || len(known.Listing.Entries) != 27 || known.Listing.Entries[26].UniqueID != "old.27" || len(known.Prints) != 27 || len(known.Keys) != 27 {
		t.Errorf("the ledger knows %d messages, %d headers, %v", len(known.Listing.Entries), len(known.Prints), err)
	}
}

// A dry run says what would be read, and leaves no trace of it.
func TestHarvestOnPaper(t *testing.T) {
	s := newStage(t)
	s.old.put(letter(1, 10), letter(2, 10), letter(3, 300))
	look := func(want migration.Harvested) {
		t.Helper()
		h, err := s.Harvest(t.Context(), "old", s.alice, migration.HeadersAll, migration.Gentle{}, migration.DryRun)
		if h != want || err != nil {
			t.Errorf("%+v, %v; want %+v", h, err, want)
		}
	}
	look(migration.Harvested{Messages: 3, New: 3, Needed: 3})
	if s.old.headers != 0 || s.known(t, "old") != "0" {
		t.Errorf("%d headers were read, and %s are known", s.old.headers, s.known(t, "old"))
	}
	harvest(t, s, migration.HeadersAll)
	s.old.put(letter(4, 400))
	look(migration.Harvested{Messages: 4, New: 1, Needed: 4, Known: 3, Coverage: 3})
	if s.old.headers != 3 || s.known(t, "old") != "3 old.1" {
		t.Errorf("%d headers were read, and %s are known", s.old.headers, s.known(t, "old"))
	}
	s.old.messages = []string{"", "", "", ""}
	if _, err := s.Harvest(t.Context(), "old", s.alice, migration.HeadersAll, migration.Gentle{}, migration.DryRun); !errors.Is(err, migration.ErrLess) {
		t.Errorf("an empty server: %v", err)
	}
	accounts := migration.Batch{Accounts: []migration.Account{s.alice}, Parallel: 1, Told: io.Discard}
	if _, err := s.HarvestAccounts(t.Context(), accounts, migration.HarvestOrder{Upstream: "old", Take: migration.DryRun, Tries: 1}); err == nil {
		t.Error("an empty server is no failure")
	}
	if noted, err := s.store.Progress.Milestones(t.Context()); err != nil || len(noted) != 0 {
		t.Errorf("noted were %v, %v", noted, err)
	}
}

// What was learned before a server died is not asked for again.
func TestAHarvestGoesOnWhereItWas(t *testing.T) {
	s := newStage(t)
	for i := range 30 {
		s.old.put(letter(i, 0))
	}
	s.old.unreadable = map[imap.UID]bool{21: true}
	if h, err := s.Harvest(t.Context(), "old", s.alice, migration.HeadersAll, migration.Gentle{}, migration.Careful); err == nil || migration.Hopeless(err) {
		t.Errorf("the connection was lost: %+v, %v", h, err)
	}
	s.old.unreadable, s.old.headers = nil, 0
	if h := harvest(t, s, migration.HeadersAll); h.Read != 10 || h.New != 0 || h.Known != 30 || s.old.headers != 10 {
		t.Errorf("after it: %+v, %d headers were read", h, s.old.headers)
	}
}

func TestHarvestIsGentle(t *testing.T) {
	s := newStage(t)
	for i := range 30 {
		s.old.put(letter(i, 0))
	}
	// Seven headers at once, and then next to none.
	gentle := migration.Gentle{Logins: rate.NewLimiter(rate.Every(1<<50), 2), Messages: rate.NewLimiter(rate.Every(1<<50), 7)}
	ctx, cancel := context.WithTimeout(t.Context(), 1<<40)
	defer cancel()
	if h, err := s.Harvest(ctx, "old", s.alice, migration.HeadersAll, gentle, migration.Careful); err == nil || h.Read != 7 || s.old.headers != 7 {
		t.Errorf("%+v, %v, %d headers were read", h, err, s.old.headers)
	}
	s.old.opened = 0
	for range 2 {
		_, err := s.Harvest(ctx, "old", s.alice, migration.HeadersAll, gentle, migration.Careful)
		if err == nil {
			t.Error("a harvest beyond its rate")
		}
	}
	if s.old.opened != 1 {
		t.Errorf("%d logins, one was left", s.old.opened)
	}
}

func TestHopeless(t *testing.T) {
	cause := errors.New("no")
	for want, errs := range map[bool][]error{
		true:  {translate.BadCredentials(cause), translate.Permanent(cause)},
		false: {translate.Temporary(cause), translate.InUse(cause), cause, nil},
	} {
		for _, err := range errs {
			if migration.Hopeless(err) != want {
				t.Errorf("%v", err)
			}
		}
	}
}
