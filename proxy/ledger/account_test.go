package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

func accountsAreListedAndForgotten(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	began := time.Now().Add(-time.Second)
	const count = 503 // more than are read at once
	for i := range count {
		k := key("")
		k.Account = fmt.Sprintf("u%04d\xff", i)
		k.Login = k.Account
		p := opens(t, s, k)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
		closes(t, p)
	}
	k := key("scanner")
	k.Account = "u0002\xff"
	k.Maildrop = "junk"
	closes(t, opens(t, s, k))
	p := opens(t, s, k)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
	closes(t, p)
	n := 0
	for a, err := range s.Accounts(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if a.Name != fmt.Sprintf("u%04d\xff", n) || a.LastLogin.Before(began) {
			t.Fatalf("account %d is %+v", n, a)
		}
		if n == 2 && (a.Devices != 2 || !slices.Equal(a.Maildrops, []string{"default", "junk"})) {
			t.Errorf("account with two maildrops: %+v", a)
		}
		n++
	}
	if n != count {
		t.Errorf("%d accounts, want %d", n, count)
	}
	if err := s.Forget(ctx, "u0002\xff"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account(ctx, "u0002\xff"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a forgotten account: %v", err)
	}
	if err := s.Forget(ctx, "u0002\xff"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("forgotten again: %v", err)
	}
	if p := opens(t, s, k); p.Listing().UIDValidity != 0 || !knows(t, p, 7).NewDevice {
		t.Errorf("after Forget: %+v", p.Listing())
	}
}

// An agreement to new unique-ids is for a mailbox that is held back, and ends with
// that: said twice, before or behind it, it leaves nothing behind.
func anAgreementIsForAFrozenMailbox(t *testing.T, at place) {
	s := served(t, at).open(t)
	ctx := context.Background()
	agree := func(when string, frozen bool) {
		t.Helper()
		got, err := s.AcceptNewIDs(ctx, "alice@example.org", "default")
		d, derr := s.Account(ctx, "alice@example.org")
		if err != nil || derr != nil || got != frozen || d.Pages[0].AcceptNewIDs != frozen {
			t.Errorf("%s: frozen %v, %v; %v, %+v", when, got, err, derr, d.Pages)
		}
	}
	agree("never frozen", false)
	p := opens(t, s, key("scanner"))
	if _, err := p.Freeze(t.Context(), translate.FrozenUnknown, 8); err != nil {
		t.Fatal(err)
	}
	agree("frozen", true)
	agree("said twice", true)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
	if d, err := s.Account(ctx, "alice@example.org"); err != nil || d.Pages[0].AcceptNewIDs || d.Pages[0].Frozen != "" {
		t.Errorf("when the old mailbox is back: %+v, %v", d.Pages, err)
	}
	agree("said again then", false)
}

func anAccountIsDescribed(t *testing.T, at place) {
	s := served(t, at).open(t)
	ctx := context.Background()
	if _, err := s.AcceptNewIDs(ctx, "alice@example.org", "other"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a maildrop that was never served: %v", err)
	}
	if err := s.AddDevice(ctx, "alice@example.org", "scanner"); err != nil {
		t.Fatal(err)
	}
	d, err := s.Account(ctx, "alice@example.org")
	if err != nil {
		t.Fatal(err)
	}
	page := d.Pages[0]
	for i := range page.Devices {
		if page.Devices[i].FirstLogin.IsZero() || page.Devices[i].LastLogin.IsZero() {
			t.Errorf("device %+v", page.Devices[i])
		}
		page.Devices[i] = ledger.Device{Name: page.Devices[i].Name, Hidden: page.Devices[i].Hidden}
	}
	want := ledger.PageDetails{
		Maildrop: "default", Upstream: "mail", Login: "alice", Mailbox: "INBOX", UIDValidity: 7, UIDNext: 11, Messages: 10,
		Octets: 10*1000 + 55 - 1006 + 66, Mismatches: 1, Formats: page.Formats, Pinned: 1, Deletions: 2,
		Devices: []ledger.Device{{Name: "printer", Hidden: 1}, {Name: "scanner", Hidden: 2}},
	}
	if !reflect.DeepEqual(page, want) || len(d.Pages) != 1 || len(page.Formats) != 2 || !slices.Equal(d.Added, []string{"scanner"}) {
		t.Errorf("account %+v, want %+v", d, want)
	}
	p := opens(t, s, key("scanner"))
	if _, err := p.Freeze(t.Context(), translate.FrozenUnknown, 8); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptNewIDs(ctx, "alice@example.org", "default"); err != nil {
		t.Fatal(err)
	}
	if k := knows(t, p, 8); !k.AcceptNewIDs || !k.DeviceKnown {
		t.Errorf("known %+v", k)
	}
	if err := p.Relink(t.Context(), 8, nil, []translate.Span{{From: 1}}); err != nil {
		t.Fatal(err)
	}
	if k := knows(t, p, 8); k.AcceptNewIDs {
		t.Errorf("the agreement is not used up: %+v", k)
	}
	if err := s.RemoveDevice(ctx, "alice@example.org", "scanner"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveDevice(ctx, "alice@example.org", "scanner"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("removed again: %v", err)
	}
	if k := knows(t, p, 8); k.DeviceKnown {
		t.Error("a removed device is still known")
	}
}

func theJournalIsKept(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	now := time.Now().Truncate(time.Millisecond).UTC()
	line := func(ago time.Duration, device, id string, action translate.OnDelete) translate.Deletion {
		return translate.Deletion{
			At: now.Add(-ago), Device: device, Client: "10.0.0.7", UIDValidity: 1<<32 - 1, UID: 1<<32 - 1, UniqueID: "x", MessageID: id, Octets: 1 << 40,
			Action: action, To: "Trash", ToValidity: 3, ToUID: 4,
		}
	}
	old, young := line(time.Hour, "", "<a@example.org>", translate.DeleteTrash), line(time.Minute, "scanner", "<b@example.org>", translate.DeleteHide)
	p := opens(t, s, key("scanner"))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}, Deletions: []translate.Deletion{old, young}})
	odd := line(0, "scanner", "<\xff\x00>", translate.DeleteFlag)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Deletions: []translate.Deletion{odd}})
	odd.MessageID = "<\uFFFD\uFFFD>"
	none, scanner := "", "scanner"
	for _, c := range []struct {
		name   string
		filter ledger.Filter
		want   []translate.Deletion
	}{
		{"all", ledger.Filter{}, []translate.Deletion{old, young, odd}},
		{"since", ledger.Filter{Since: now.Add(-2 * time.Minute)}, []translate.Deletion{young, odd}},
		{"message", ledger.Filter{MessageID: "<a@example.org>"}, []translate.Deletion{old}},
		{"message by any name", ledger.Filter{ID: "a@example.org"}, []translate.Deletion{old}},
		{"unique-id", ledger.Filter{ID: "x"}, []translate.Deletion{old, young, odd}},
		{"of no message", ledger.Filter{ID: "y"}, nil},
		{"device", ledger.Filter{Device: &scanner}, []translate.Deletion{young, odd}},
		{"the account itself", ledger.Filter{Device: &none}, []translate.Deletion{old}},
	} {
		entries, err := s.Deletions(ctx, "alice@example.org", c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []translate.Deletion
		for _, e := range entries {
			if e.Maildrop != "default" || e.Upstream != "mail" || e.Login != "alice" || e.Mailbox != "INBOX" {
				t.Errorf("%s: entry %+v", c.name, e)
			}
			got = append(got, e.Deletion)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func whatWasHiddenIsShownAgain(t *testing.T, at place) {
	s := served(t, at).open(t)
	ctx := context.Background()
	const account = "alice@example.org"
	if n, err := s.Unhide(ctx, account, "default", "scanner", 7, []imap.UID{2, 3}); err != nil || n != 1 {
		t.Errorf("shown again: %d, %v", n, err)
	}
	if _, err := s.Unhide(ctx, account, "default", "scanner", 8, []imap.UID{1}); err == nil {
		t.Error("UIDs of another UIDVALIDITY were accepted")
	}
	if _, err := s.Unhide(ctx, account, "default", "toaster", 7, []imap.UID{1}); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("an unknown device: %v", err)
	}
	if err := s.PinNew(ctx, account, "default", 7, 2, "again.2"); err != nil {
		t.Error(err)
	}
	if err := s.PinNew(ctx, account, "default", 7, 2, "two words"); err == nil {
		t.Error("a unique-id with a space was accepted")
	}
	if err := s.PinNew(ctx, "bob", "default", 7, 2, "a"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("an unknown account: %v", err)
	}
	k := knows(t, opens(t, s, key("scanner")), 7)
	if !sameSet(k.Hidden, 1) || !maps.Equal(k.UniqueIDs, map[imap.UID]string{2: "again.2", 5: "imported.5"}) {
		t.Errorf("known %+v", k)
	}
}

func manySessionsAtOnce(t *testing.T, at place) {
	s := at.open(t)
	const devices, polls = 6, 8
	errs := make(chan error, devices)
	for d := range devices {
		go func() { errs <- poll(s, d, polls) }()
	}
	for range devices {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for d := range devices {
		p := opens(t, s, key(fmt.Sprint(d)))
		if k := knows(t, p, 7); len(k.Hidden) != polls || len(k.UniqueIDs) != devices*polls || len(k.Octets) != devices*polls {
			t.Errorf("device %d: %d hidden, %d pinned, %d measured", d, len(k.Hidden), len(k.UniqueIDs), len(k.Octets))
		}
		closes(t, p)
	}
}

// poll is one device that hides, pins and measures a message of its own at each
// login.
func poll(s *ledger.Store, device, polls int) error {
	for i := range polls {
		p, err := s.OpenPage(context.Background(), key(fmt.Sprint(device)))
		if err != nil {
			return err
		}
		uid := imap.UID(1 + device*polls + i)
		_, err = p.Known(context.Background(), 7)
		if err == nil {
			err = p.Record(context.Background(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(200)...)}})
		}
		if err == nil {
			err = p.Record(context.Background(), translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Octets: map[imap.UID]int64{uid: 1}, Keys: map[imap.UID]translate.ContentKey{uid: {1}}}, Hide: imap.UIDSetNum(uid), Pins: map[imap.UID]string{uid: fmt.Sprint(uid)}})
		}
		if err := errors.Join(err, p.Close()); err != nil {
			return err
		}
	}
	return nil
}
