package migration_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

func TestOldUpstreams(t *testing.T) {
	cfg := &configs.Config{Upstream: map[string]configs.Upstream{
		"z": {Protocol: configs.ProtocolPOP3}, "imap": {Protocol: configs.ProtocolIMAP}, "a": {Protocol: configs.ProtocolPOP3},
	}}
	if got := migration.OldUpstreams(cfg); !slices.Equal(got, []string{"a", "z"}) {
		t.Errorf("old upstreams are %v", got)
	}
}

// onDisk is a ledger that commands can share.
func onDisk(t *testing.T) *ledger.Store {
	t.Helper()
	store, err := ledger.Open(t.Context(), ledger.Options{Driver: ledger.DriverSQLite, Source: filepath.Join(t.TempDir(), "state.db"), Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestStatusCountsTheWantedAccounts(t *testing.T) {
	store, cfg := onDisk(t), &configs.Config{Upstream: map[string]configs.Upstream{"old": {Name: "old", Protocol: configs.ProtocolPOP3}}}
	for _, m := range []progress.Milestone{
		{Account: "alice", Step: progress.Harvested, Good: true}, {Account: "bob", Step: progress.Harvested, Note: "no password"},
		{Account: "alice", Step: progress.Matched, Note: "1 ambiguous"},
	} {
		if err := store.Progress.SaveMilestone(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		wanted          map[string]bool
		of, good, wrong int // harvested
		problems        []migration.Problem
	}{
		{nil, 2, 1, 1, []migration.Problem{{Account: "alice", Step: progress.Matched, Note: "1 ambiguous"}, {Account: "bob", Step: progress.Harvested, Note: "no password"}}},
		{map[string]bool{"bob": true, "carol": true, "dave": true}, 3, 0, 1, []migration.Problem{{Account: "bob", Step: progress.Harvested, Note: "no password"}}},
		{map[string]bool{}, 0, 0, 0, nil},
	} {
		s, err := migration.StatusOf(t.Context(), cfg, store, test.wanted, nil)
		if err != nil || len(s.Steps) != 5 {
			t.Fatalf("%+v, %v", s, err)
		}
		h := s.Steps[1]
		if h.Step != progress.Harvested || h.Of != test.of || h.Accounts != test.good || h.Problems != test.wrong || h.LastHour != test.good {
			t.Errorf("of %v: %+v", test.wanted, h)
		}
		if !slices.Equal(s.Problems, test.problems) {
			t.Errorf("of %v: problems %v, want %v", test.wanted, s.Problems, test.problems)
		}
		if left := s.Steps[1].LeftSecs; (left > 0) != (test.good > 0 && test.good < test.of) {
			t.Errorf("of %v: %d seconds are left", test.wanted, left)
		}
	}
}

// What was harvested stays harvested, whatever a second run comes to; a move that
// failed is a problem until one succeeds; and who was never learned is counted.
func TestStatusTellsTheTruth(t *testing.T) {
	s := newStage(t)
	s.store = onDisk(t)
	s.Ledger = s.store
	s.Config.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	s.old.put(letter(1, 10), letter(2, 20))
	status := func(wanted map[string]bool) (st migration.Status, step map[progress.Step]migration.StatusStep) {
		t.Helper()
		st, err := migration.StatusOf(t.Context(), s.Config, s.store, wanted, nil)
		if err != nil {
			t.Fatal(err)
		}
		step = make(map[progress.Step]migration.StatusStep)
		for _, line := range st.Steps {
			step[line.Step] = line
		}
		return st, step
	}
	harvest := migration.HarvestOrder{Upstream: "old", Tries: 1}
	if _, err := s.HarvestAccounts(t.Context(), s.batch(), harvest); err != nil {
		t.Fatal(err)
	}
	s.old.refuses = errors.New("connection refused")
	if _, err := s.HarvestAccounts(t.Context(), s.batch(), harvest); err == nil {
		t.Fatal("a server that is away was harvested")
	}
	if _, err := s.Move(t.Context(), s.alice, migration.Order{To: "new"}); err == nil {
		t.Fatal("an account was moved to an empty mailbox")
	}
	st, step := status(nil)
	if h := step[progress.Harvested]; h.Accounts != 1 || h.Problems != 1 || h.Of != 1 || st.Unlearned != 0 {
		t.Errorf("after a harvest that failed: %+v", st)
	}
	if m := step[progress.MovedTo]; m.Accounts != 0 || m.Problems != 1 || len(st.Problems) != 2 {
		t.Errorf("after a move that failed: %+v", st)
	}
	st, step = status(map[string]bool{s.alice.Name: true, "bob@example.org": true, "carol@example.org": true})
	if st.Unlearned != 2 || st.Messages != 2 || step[progress.Learned].Accounts != 1 || step[progress.Learned].Of != 3 {
		t.Errorf("of three accounts: %+v", st)
	}
	if st, step = status(map[string]bool{"bob@example.org": true}); st.Unlearned != 1 || st.Messages != 0 || step[progress.Learned].Accounts != 0 || len(st.Problems) != 0 {
		t.Errorf("of another account: %+v", st)
	}
	s.old.refuses = nil
	s.fresh.put(letter(1, 10), letter(2, 20))
	if _, err := s.HarvestAccounts(t.Context(), s.batch(), harvest); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(t.Context(), s.alice, migration.Order{To: "new"}); err != nil {
		t.Fatal(err)
	}
	if st, step = status(nil); len(st.Problems) != 0 || step[progress.MovedTo].Accounts != 1 {
		t.Errorf("when all is well: %+v", st)
	}
	// A move that was none is no problem.
	if _, err := s.Move(t.Context(), s.alice, migration.Order{To: "new"}); err == nil {
		t.Error("it was moved twice")
	}
	if st, _ = status(nil); len(st.Problems) != 0 {
		t.Errorf("after a move that was none: %+v", st)
	}
}

// An account that another command works on is waited for, and not for ever.
func TestMoveWaitsForAnotherCommand(t *testing.T) {
	s := newStage(t)
	s.Ledger = onDisk(t)
	lease, err := s.Ledger.Progress.Lease(t.Context(), s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lease.Close(context.Background()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Move(ctx, s.alice, migration.Order{To: "new"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a move that waits until its time is over ends with %v", err)
	}
}

// An account that a directory leads to an old server, under a name of its own there, was
// learned when that mailbox was; a directory that is away leaves the question open.
func TestStatusAsksDirectories(t *testing.T) {
	s := newStage(t)
	cfg := *s.Config
	cfg.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	cfg.Lookup = map[string]configs.Lookup{"accounts": {Name: "accounts"}}
	cfg.Route = []configs.Route{{Lookup: "accounts"}, {Upstream: "new", Maildrop: "default"}}
	listing := &translate.Listing{UIDValidity: 7, UIDNext: 2, Entries: []translate.Entry{{UID: 1, Size: 10}}}
	box := translate.Box{Upstream: "old", Login: "alice.there", Mailbox: "INBOX"}
	if _, err := s.store.Mailboxes.SaveInventory(t.Context(), translate.Inventory{Box: box}, translate.MailboxFacts{UIDValidity: 7, Listing: listing}); err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{"alice@example.org": true, "bob@example.org": true}
	st, err := migration.StatusOf(t.Context(), &cfg, s.store, wanted, func(_ context.Context, account string) (*configs.Config, error) {
		own := cfg
		if account == "alice@example.org" {
			own.Route = []configs.Route{{Upstream: "old", Account: "alice.there", Maildrop: "default"}}
		}
		return &own, nil
	})
	if err != nil || st.Unlearned != 1 || st.Messages != 1 || st.Steps[0].Accounts != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	away := errors.New("the directory is away")
	if _, err := migration.StatusOf(t.Context(), &cfg, s.store, wanted, func(context.Context, string) (*configs.Config, error) { return nil, away }); !errors.Is(err, away) {
		t.Errorf("with a directory that is away: %v", err)
	}
}
