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
	store := onDisk(t)
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
		s, err := migration.StatusOf(t.Context(), store, []string{"old"}, test.wanted)
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
