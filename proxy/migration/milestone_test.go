package migration_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

// noted is what the ledger says of a step of the stage's account; empty: nothing.
func (s *stage) noted(t *testing.T, step progress.Step) string {
	t.Helper()
	milestones, err := s.store.Progress.Milestones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, m := range milestones {
		if m.Account == s.alice.Name && m.Step == step {
			word := map[bool]string{true: "good: ", false: "left: "}[m.Good]
			if m.Failed {
				word = "failed: "
			}
			notes = append(notes, word+m.Note)
		}
	}
	slices.Sort(notes)
	return strings.Join(notes, "; ")
}

func (s *stage) batch() migration.Batch {
	return migration.Batch{Accounts: []migration.Account{s.alice}, Parallel: 1, Told: io.Discard}
}

// Each step notes what it has come to, so that the status of a migration tells of it.
func TestStepsAreNoted(t *testing.T) {
	s := newStage(t)
	s.store = onDisk(t)
	s.Ledger = s.store
	s.old.put(letter(1, 10), letter(2, 20))
	s.fresh.put(letter(1, 10))
	is := func(step progress.Step, want string) {
		t.Helper()
		if got := s.noted(t, step); got != want {
			t.Errorf("%s: noted %q, want %q", step, got, want)
		}
	}
	harvest := migration.HarvestOrder{Upstream: "old", Tries: 1}
	s.old.refuses = translate.BadCredentials(errors.New("wrong password"))
	list, err := s.HarvestAccounts(t.Context(), s.batch(), harvest)
	if err == nil || err.Error() != "1 of 1 account failed" || len(list) != 1 || list[0].Error != "wrong password" {
		t.Errorf("a harvest with a wrong password: %+v, %v", list, err)
	}
	is(progress.Harvested, "failed: wrong password")
	s.old.refuses = nil
	if list, err = s.HarvestAccounts(t.Context(), s.batch(), harvest); err != nil || len(list) != 1 || list[0].Messages != 2 {
		t.Errorf("a harvest: %+v, %v", list, err)
	}
	is(progress.Harvested, "good: 2 messages, 2 of 2 headers known")

	m, err := s.MatchAccount(t.Context(), "old", "new", s.alice, migration.Careful)
	if want := "1 of 2 messages matched, 1 not on the new server"; err == nil || err.Error() != want || m.Error != want || m.OldOnly != 1 {
		t.Errorf("a match of a half copy: %+v, %v", m, err)
	}
	is(progress.Matched, "left: 1 of 2 messages matched, 1 not on the new server")
	s.fresh.put(letter(2, 20), letter(3, 30))
	if m, err = s.MatchAccount(t.Context(), "old", "new", s.alice, migration.Careful); err != nil || m.Matched != 2 {
		t.Errorf("a match: %+v, %v", m, err)
	}
	is(progress.Matched, "good: 2 of 2 messages matched, 1 new")

	v, err := s.VerifyAccount(t.Context(), "old", "new", s.alice, false)
	if err != nil || !v.Ready {
		t.Errorf("a comparison: %+v, %v", v, err)
	}
	is(progress.Verified, "good: "+v.Verdict)
	s.old.put(letter(4, 40))
	if v, err = s.VerifyAccount(t.Context(), "old", "new", s.alice, false); err == nil || v.Ready || err.Error() != v.Verdict {
		t.Errorf("a comparison of another message: %+v, %v", v, err)
	}
	is(progress.Verified, "left: "+v.Verdict)
	// A match that is refused leaves the one before, and what is noted of it.
	s.fresh.messages = nil
	if m, err = s.MatchAccount(t.Context(), "old", "new", s.alice, migration.Careful); !errors.Is(err, migration.ErrLess) || !strings.Contains(m.Error, "--force") {
		t.Errorf("a match with nothing: %+v, %v", m, err)
	}
	if got := s.noted(t, progress.Matched); !strings.HasPrefix(got, "failed: ") || !strings.HasSuffix(got, "; good: 2 of 2 messages matched, 1 new") {
		t.Errorf("after a match with nothing: noted %q", got)
	}
}

// An import notes what was read, and what could not be.
func TestAnImportIsNoted(t *testing.T) {
	s := newStage(t)
	s.store = onDisk(t)
	s.Ledger = s.store
	s.Config.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	dir := t.TempDir()
	o := migration.ImportOrder{Upstream: "old", Account: func(name string) (string, error) { return name, nil }}
	if err := o.ReadFrom("maildir", filepath.Join(dir, "{user}"), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportAccounts(t.Context(), s.batch(), o); err == nil || !strings.HasPrefix(s.noted(t, progress.Harvested), "failed: ") {
		t.Errorf("no store: %v, noted %q", err, s.noted(t, progress.Harvested))
	}
	box := filepath.Join(dir, s.alice.Name, "cur")
	if err := errors.Join(os.MkdirAll(box, 0o700), os.WriteFile(filepath.Join(box, "1.a"), []byte(letter(1, 1)), 0o600)); err != nil {
		t.Fatal(err)
	}
	done, err := s.ImportAccounts(t.Context(), migration.Batch{Parallel: 1, Told: io.Discard}, o)
	if err != nil || len(done) != 1 || done[0].Result.Messages != 1 || done[0].Account.Name != s.alice.Name {
		t.Errorf("a store: %+v, %v", done, err)
	}
	if got := s.noted(t, progress.Harvested); got != "good: 1 message imported" {
		t.Errorf("noted %q", got)
	}
}

// A dry run says what an import and a match would come to, and leaves everything as it was.
func TestADryRunChangesNothing(t *testing.T) {
	s := newStage(t)
	s.store = onDisk(t)
	s.Ledger = s.store
	s.Config.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3}
	box := filepath.Join(t.TempDir(), "{user}")
	o := migration.ImportOrder{Upstream: "old", Take: migration.DryRun, Account: func(name string) (string, error) { return name, nil }}
	if err := o.ReadFrom("maildir", box, ""); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(strings.Replace(box, "{user}", s.alice.Name, 1), "cur")
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "1.a"), []byte(letter(1, 10)), 0o600)); err != nil {
		t.Fatal(err)
	}
	done, err := s.ImportAccounts(t.Context(), s.batch(), o)
	if err != nil || len(done) != 1 || done[0].Result.New != 1 || s.known(t, "old") != "0" || s.noted(t, progress.Harvested) != "" {
		t.Errorf("an import: %+v, %v; known are %s", done, err, s.known(t, "old"))
	}
	s.old.put(letter(1, 10))
	s.fresh.put(letter(1, 10))
	s.remember(t)
	m, err := s.MatchAccount(t.Context(), "old", "new", s.alice, migration.DryRun)
	if err != nil || m.Matched != 1 || len(s.kept(t).Pairs) != 0 || s.noted(t, progress.Matched) != "" {
		t.Errorf("a match: %+v, %v; %d pairs", m, err, len(s.kept(t).Pairs))
	}
	if _, err := s.MatchAccount(t.Context(), "old", "new", s.alice, migration.Careful); err != nil {
		t.Fatal(err)
	}
	p, err := s.Preview(t.Context(), s.alice, migration.Order{To: "new"})
	if err != nil || p.From != "old" || p.To != "new" || p.Verdict != "ready" {
		t.Errorf("a move: %+v, %v", p, err)
	}
	if _, err := s.Preview(t.Context(), s.alice, migration.Order{}); err == nil || !strings.Contains(err.Error(), "it was never moved") {
		t.Errorf("the way back: %v", err)
	}
	if was, err := s.store.Progress.MoveOf(t.Context(), s.alice.Name); err != nil || !was.At.IsZero() || was.Working {
		t.Errorf("after dry runs: %+v, %v", was, err)
	}
	s.fresh.messages = []string{""}
	for _, see := range []func() error{
		func() error {
			_, err := s.MatchAccount(t.Context(), "old", "new", s.alice, migration.DryRun)
			return err
		},
		func() error { _, err := s.Preview(t.Context(), s.alice, migration.Order{To: "new"}); return err },
	} {
		if err := see(); !errors.Is(err, migration.ErrLess) || s.noted(t, progress.Matched) != "good: 1 of 1 message matched" {
			t.Errorf("with an empty mailbox: %v, noted %q", err, s.noted(t, progress.Matched))
		}
	}
}

// An account that fails is tried again, unless that is no use.
func TestAHarvestTriesAgain(t *testing.T) {
	for name, test := range map[string]struct {
		refuses error
		tries   int
	}{
		"the server is down":      {errors.New("connection refused"), 3},
		"the password is refused": {translate.BadCredentials(errors.New("wrong password")), 1},
	} {
		s := newStage(t)
		s.store = onDisk(t)
		s.Ledger = s.store
		tried := 0
		s.OpenMailbox = func(context.Context, backend.Request) (backend.Mailbox, error) {
			tried++
			return nil, test.refuses
		}
		list, err := s.HarvestAccounts(t.Context(), s.batch(), migration.HarvestOrder{Upstream: "old", Tries: 3})
		if tried != test.tries || err == nil || len(list) != 1 {
			t.Errorf("%s: tried %d times, want %d; %+v, %v", name, tried, test.tries, list, err)
		}
	}
}

// What has no password is not tried again: nothing will have changed.
func TestAHarvestWithoutAPasswordIsNotTriedAgain(t *testing.T) {
	s := newStage(t)
	s.store = onDisk(t)
	s.Ledger = s.store
	s.alice.Password = configs.Secret{}
	b, told := s.batch(), new(strings.Builder)
	b.Told = told
	list, err := s.HarvestAccounts(t.Context(), b, migration.HarvestOrder{Upstream: "old", Tries: 3})
	if err == nil || len(list) != 1 || !strings.Contains(list[0].Error, "there is no password for the account") || strings.Contains(told.String(), "again") {
		t.Errorf("%+v, %v, told %q", list, err, told)
	}
}
