package migration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// twoDovecots are an old and a new IMAP server with the same messages of alice in
// another order; the new one has one more.
func twoDovecots(t *testing.T) (old, fresh *servers.Server) {
	t.Helper()
	users := map[string]string{alice: password}
	old = servers.StartDovecot(t, servers.Dovecot{Users: users})
	fresh = servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(12)
	servers.Dial(t, old.IMAP, alice, password).Fill("INBOX", letters[:10])
	slices.Reverse(letters[:10])
	servers.Dial(t, fresh.IMAP, alice, password).Fill("INBOX", letters[:11])
	return old, fresh
}

// TestMove: from the next login on an account is served where it was moved, on
// every proxy that shares the ledger and without a reload; sessions that run on the
// old server end; devices see the same unique-ids, also on the way back.
func TestMove(t *testing.T) {
	t.Parallel()
	old, fresh := twoDovecots(t)
	ledger := fmt.Sprintf("driver: postgres\nsource: %q", servers.StartPostgres(t).DSN)
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh), ledger: ledger})
	other := open(t, plan{old: imapAt(old), fresh: imapAt(fresh), ledger: ledger})
	before, _ := s.view()
	running := bridge.Login(t, other.b.Address("pop3"), alice, password)
	running.OK("DELE 1")

	bridge.Has(t, s.move(0, "--to", "new"), alice, "old", "new")
	if rest := running.Rest(); rest != "" {
		t.Errorf("a session on the old server was told %q", rest)
	}
	other.b.Await("session ended") // then its lock is free
	for _, proxy := range []*site{s, other} {
		if after, _ := proxy.view(); len(after) != 11 || !sameIDs(after[:10], before) {
			t.Errorf("after the move the unique-ids are %q, before %q", after, before)
		}
	}
	if list := s.moved(); len(list) != 1 || list[0].Upstream != "new" || list[0].Origin != "old" || list[0].Pending || list[0].Held {
		t.Errorf("the moved accounts are %+v", list)
	}
	bridge.Has(t, s.move(1, "--to", "new"), "it is already served from there")

	s.b.Await("[INFO]  popbridge: the mailbox has got a new identity; messages keep their unique-ids")

	s.back(0)
	if back, _ := other.view(); !slices.Equal(back, before) {
		t.Errorf("back on the old server the unique-ids are %q, before %q", back, before)
	}
	// Said twice it is no way forward again, and what goes with a move is not run.
	ran := filepath.Join(t.TempDir(), "ran")
	for _, more := range [][]string{nil, {"--after", "touch " + ran}, {"--force", "--hold", "1m", "--before", "touch " + ran}} {
		bridge.Has(t, s.back(0, more...), "already there")
		if list := s.moved(); len(list) != 1 || list[0].Upstream != "old" || list[0].Pending || list[0].Held {
			t.Errorf("migrate back %q, said twice, has left %+v", more, list)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a command was run for a move that was none")
	}
	s.move(0, "--to", "new")
	s.move(0, "--to", "old", "--force")
	bridge.Has(t, s.back(0), "already there")
	bridge.Has(t, s.move(1, "--to", "old"), "it is already served from there")
	if n := len(servers.Dial(t, old.IMAP, alice, password).UIDs("INBOX")); n != 10 {
		t.Errorf("the old server holds %d messages: a session that was ended has deleted", n)
	}
}

// TestWrongFormat: a mail store that is read with the wrong format, or at another
// place, takes nothing of what was harvested; the match that follows finds it all.
func TestWrongFormat(t *testing.T) {
	t.Parallel()
	old := servers.StartOld(t, "courier", map[string]string{alice: password})
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: password}})
	letters := servers.Messages(6)
	old.Deliver(t, alice, letters)
	servers.Dial(t, fresh.IMAP, alice, password).Fill("INBOX", letters)
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh)})
	before, _ := s.view()
	s.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", s.accounts, "--headers", "all")
	folder, empty := strings.Replace(old.MailFolder(alice), alice, "{user}", 1), t.TempDir()
	put(t, filepath.Join(empty, "list.csv"), "account,unique_id\n"+alice+",other\n")
	for _, test := range []struct{ format, path, says string }{
		{"dovecot", folder, "which --format courier reads"},
		{"maildir", folder, "there is less than is known"},
		{"courier", filepath.Join(empty, "{user}"), "the folder does not exist"},
		{"csv", filepath.Join(empty, "list.csv"), "--force imports it all the same"},
	} {
		bridge.Has(t, s.command(1, "migrate", "import", "--upstream", "old", "--account", alice, "--format", test.format, "--path", test.path), test.says)
	}
	s.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", s.accounts)
	s.move(0, "--to", "new")
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("after the move the unique-ids are %q, before %q", after, before)
	}
}

func sameIDs(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// TestMoveIsRefused: an account is not moved to a mailbox that cannot be its copy,
// nor without a look, unless it is forced; wrong words are wrong usage.
func TestMoveIsRefused(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old := servers.StartDovecot(t, servers.Dovecot{Users: users})
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	servers.Dial(t, old.IMAP, alice, password).Fill("INBOX", servers.Messages(10))
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh)})
	s.view()
	bridge.Has(t, s.move(1, "--to", "new"), "is empty, and 10 messages are known", "1 failed")
	servers.Dial(t, fresh.IMAP, alice, password).Fill("INBOX", servers.Messages(9))
	bridge.Has(t, s.move(1, "--to", "new"), "holds 9 messages, and 10 are known")
	bridge.Has(t, s.back(1), "it was never moved")
	bridge.Has(t, s.command(1, "migrate", "move", alice, "--to", "new"), "needs a password or a master user")
	bridge.Has(t, s.move(2, "--to", "nowhere"), `upstream "nowhere" is not in the configuration; there is new, old`)
	bridge.Has(t, s.back(2, "--to", "new"), "unknown flag: --to")
	bridge.Has(t, s.move(2, "--to", "new", "--before", "true"), "--before needs --hold")
	bridge.Has(t, s.command(2, "migrate", "move", "--to", "new"), "ACCOUNT is missing")
	if list := s.moved(); len(list) != 0 {
		t.Errorf("moved accounts are %+v", list)
	}
	s.move(0, "--to", "new", "--force")
	if ids, _ := s.view(); len(ids) != 9 {
		t.Errorf("after a forced move %d messages are seen, want 9", len(ids))
	}
	bridge.Has(t, s.command(0, "migrate", "back", alice, "--force"), "nobody has looked")
	if ids, _ := s.view(); len(ids) != 10 {
		t.Errorf("back on the old server %d messages are seen, want 10", len(ids))
	}
}

// TestHold: while an account is held its sessions finish and new logins are put
// off; the commands run in their order, with the account in their environment.
func TestHold(t *testing.T) {
	t.Parallel()
	old, fresh := twoDovecots(t)
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh)})
	notes := filepath.Join(t.TempDir(), "notes")
	note := func(word string) string {
		return fmt.Sprintf(`echo %s $POPBRIDGE_ACCOUNT $POPBRIDGE_FROM $POPBRIDGE_TO >> %s`, word, notes)
	}
	running := bridge.Login(t, s.b.Address("pop3"), alice, password)
	mover := s.start(s.moving("--to", "new", "--force", "--hold", "1m", "--before", note("before"), "--after", note("after"))...)
	s.awaitHeld()
	s.refused()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if list := s.moved(); len(list) == 1 && list[0].Sessions == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the session that runs is not seen: %+v", s.moved())
		}
	}
	time.Sleep(5 * time.Second) // longer than a move waits for proxies that know of no session
	running.OK("DELE 10")
	if text, err := os.ReadFile(notes); err == nil {
		t.Errorf("while a session ran the command has run already: %s", text)
	}
	running.Quit()
	if code := mover.Wait(); code != 0 {
		t.Fatalf("the move ended with %d:\n%s", code, mover.Output())
	}
	text, err := os.ReadFile(notes)
	if want := "before " + alice + " old new\nafter " + alice + " old new\n"; err != nil || string(text) != want {
		t.Errorf("the commands have noted %q (%v), want %q", text, err, want)
	}
	if ids, _ := s.view(); len(ids) != 11 {
		t.Errorf("after the move %d messages are seen, want 11", len(ids))
	}
}

// awaitHeld waits until alice is held.
func (s *site) awaitHeld() {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if list := s.moved(); len(list) == 1 && list[0].Held {
			return
		}
	}
	s.t.Fatal("the account was never held")
}

// TestHoldFails: whatever fails, the account stays where it was, and is let go.
func TestHoldFails(t *testing.T) {
	t.Parallel()
	old, fresh := twoDovecots(t)
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh)})
	before, _ := s.view()
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"before":   {[]string{"--hold", "1m", "--before", "exit 3"}, "--before: \"exit 3\": exit status 3; nothing was moved"},
		"too long": {[]string{"--hold", "4s", "--before", "sleep 600"}, "the 4s of --hold are over"},
		"after":    {[]string{"--force", "--hold", "1m", "--after", "exit 4"}, "exit status 4; the account is served from \"old\" as before"},
	} {
		bridge.Has(t, s.move(1, append([]string{"--to", "new"}, test.args...)...), test.says)
		if ids, _ := s.view(); !slices.Equal(ids, before) {
			t.Errorf("%s: afterwards the unique-ids are %q, want %q", name, ids, before)
		}
		if list := s.moved(); len(list) != 0 {
			t.Errorf("%s: moved accounts are %+v", name, list)
		}
	}
}

// TestKilledWayBack: a way back that was killed before its last command is taken up
// by the next way back, and is no way forward.
func TestKilledWayBack(t *testing.T) {
	t.Parallel()
	old, fresh := twoDovecots(t)
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh)})
	before, _ := s.view()
	s.move(0, "--to", "new")
	asLong := "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done"
	back := s.start(s.goingBack("--after", "echo reached; "+asLong)...)
	back.Await("reached")
	back.Kill()
	bridge.Has(t, s.back(1), "the command that runs after the move was not")
	note := filepath.Join(t.TempDir(), "note")
	bridge.Has(t, s.back(0, "--after", "echo $POPBRIDGE_FROM $POPBRIDGE_TO > "+note), "has run now")
	if text, err := os.ReadFile(note); err != nil || string(text) != "new old\n" {
		t.Errorf("the command behind the way back has noted %q, %v", text, err)
	}
	bridge.Has(t, s.back(0), "already there")
	if after, _ := s.view(); !slices.Equal(after, before) {
		t.Errorf("back on the old server the unique-ids are %q, before %q", after, before)
	}
}

// TestKilledMove: a move that was killed holds nobody for long, and the next one
// takes up what it has left.
func TestKilledMove(t *testing.T) {
	t.Parallel()
	old, fresh := twoDovecots(t)
	s := open(t, plan{old: imapAt(old), fresh: imapAt(fresh)})
	// It runs as long as the command that has started it.
	asLong := "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done"
	first := s.start(s.moving("--to", "new", "--force", "--hold", "5m", "--before", asLong)...)
	s.awaitHeld()
	first.Kill()
	s.refused()
	second := s.start(s.moving("--to", "new", "--force", "--hold", "5m", "--after", "echo reached; "+asLong)...)
	second.Await("reached")
	second.Kill()
	if list := s.moved(); len(list) != 1 || list[0].Upstream != "new" || !list[0].Pending {
		t.Errorf("a move that was killed behind its end has left %+v", list)
	}
	bridge.Has(t, s.move(1, "--to", "new"), "the command that runs after the move was not")
	bridge.Has(t, s.move(0, "--to", "new", "--after", "true"), "has run now")
	if list := s.moved(); len(list) != 1 || list[0].Pending || list[0].Held {
		t.Errorf("in the end there is %+v", list)
	}
	if ids, _ := s.view(); len(ids) != 11 {
		t.Errorf("after the move %d messages are seen, want 11", len(ids))
	}
	if out := strings.Count(s.command(0, "migrate", "list"), alice); out != 1 {
		t.Errorf("migrate list names her %d times", out)
	}
}
