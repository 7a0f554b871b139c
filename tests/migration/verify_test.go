package migration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// faulty are accounts whose copies have each a fault.
var faulty = []string{"sound", "missing", "swapped", "renamed", "resized", "newmail"}

func at(name string) string { return name + "@example.org" }

// TestStruckOut: a message that a mail program has marked \Deleted is listed by
// Dovecot's POP3; verify says that a move would hide it, and with struck_out = "show"
// it moves along, is served, and can be deleted.
func TestStruckOut(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: password}
	old := servers.StartOld(t, "dovecot", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(5)
	old.Deliver(t, alice, letters)
	w := servers.Dial(t, fresh.IMAP, alice, password)
	w.Fill("INBOX", letters)
	w.Store("INBOX", w.UIDs("INBOX")[2], imap.StoreFlagsAdd, imap.FlagDeleted)
	verify := []string{"migrate", "verify", "--from", "old", "--to", "new", "--account", alice, "--password-file"}
	for _, word := range []string{"hide", "show"} {
		s := open(t, plan{old: popAt(old), fresh: imapAt(fresh), users: users, more: "maildrop:\n  default: {struck_out: " + word + ", on_delete: expunge}\n"})
		s.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", s.accounts)
		s.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", s.accounts)
		before, _ := s.view()
		if word == "hide" {
			bridge.Has(t, s.command(1, append(verify, s.alice)...), `not ready: 1 marked \Deleted and not listed`, `struck_out = "show"`, before[2])
			continue
		}
		bridge.Has(t, s.command(0, append(verify, s.alice)...), "ready")
		s.move(0, "--to", "new", "--require-verified")
		if after, _ := s.session(alice, 3); !slices.Equal(after, before) {
			t.Errorf("after the move the unique-ids are %q, before %q", after, before)
		}
		if after, _ := s.view(); !slices.Equal(after, slices.Delete(before, 2, 3)) {
			t.Errorf("after its deletion the unique-ids are %q", after)
		}
		if n := len(w.UIDs("INBOX")); n != 4 {
			t.Errorf("the mailbox holds %d messages, want 4", n)
		}
	}
}

// TestVerifyFinds: a message that is missing, two that are swapped, a unique-id that
// has changed, other octets, new mail: each has its verdict, and no other account's.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	users := make(map[string]string)
	for _, name := range faulty {
		users[at(name)] = password
	}
	old := servers.StartOld(t, "dovecot", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(30)
	for _, name := range faulty {
		old.Deliver(t, at(name), letters)
		w := servers.Dial(t, fresh.IMAP, at(name), password)
		copies := slices.Clone(letters)
		switch name {
		case "swapped":
			copies[4], copies[20] = copies[20], copies[4]
		case "resized":
			copies[7] = append(slices.Clone(copies[7]), "one more line\r\n"...)
		}
		w.Fill("INBOX", copies)
		w.Logout()
	}
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh), users: users, more: "maildrop:\n  default: {order: uid}\n"})
	s.command(0, "migrate", "harvest", "--upstream", "old", "--accounts", s.accounts, "--headers", "all")
	s.command(0, "migrate", "match", "--from", "old", "--to", "new", "--accounts", s.accounts)

	w := servers.Dial(t, fresh.IMAP, at("missing"), password)
	w.Remove("INBOX", w.UIDs("INBOX")[11])
	servers.Dial(t, fresh.IMAP, at("newmail"), password).Append([]byte("Subject: new\r\n\r\nnew\r\n"))
	renameFirst(t, old.MailFolder(at("renamed")))

	want := map[string]string{
		"sound": "ready", "missing": "not ready: 1 unmatched", "swapped": "not ready: 2 out of order",
		"renamed": "not ready: 1 unmatched, 1 deleted on the old server since", "resized": "ready, 1 size differs", "newmail": "ready, 1 new",
	}
	for _, flags := range [][]string{nil, {"--hashes"}} {
		verdicts := s.verdicts(append([]string{"--from", "old", "--to", "new", "--accounts", s.accounts}, flags...)...)
		for _, name := range faulty {
			want := want[name]
			if name == "resized" && flags != nil {
				want = "not ready: 1 with other content, 1 size differs"
			}
			if got := verdicts[at(name)]; got != want {
				t.Errorf("verify %q of %q: %q, want %q", flags, name, got, want)
			}
		}
	}
	bridge.Has(t, s.command(1, "migrate", "verify", "--from", "old", "--to", "new", "--accounts", s.accounts),
		"\nmissing@example.org: not found on the new server; copy again, then match again: ",
		"\nswapped@example.org: out of order; write maildrop.order = \"old\": ")
	bridge.Has(t, s.command(1, "migrate", "move", "--accounts", s.accounts, "--to", "new", "--require-verified"),
		`not ready: 2 out of order; "popbridge migrate verify" says which messages, and what to do; --force moves it all the same`, "3 of 6 accounts failed")
	if list := s.moved(); len(list) != 3 {
		t.Errorf("%+v are moved, want the three that are ready", list)
	}
}

// verdicts runs verify, which fails where an account is not ready.
func (s *site) verdicts(args ...string) map[string]string {
	s.t.Helper()
	c := s.start(append([]string{"migrate", "verify", "--json"}, args...)...)
	c.Wait()
	var list []struct{ Account, Verdict, Error string }
	// What is told on the way stands in front of it.
	_, out, _ := strings.Cut("\n"+c.Output(), "\n[")
	if err := json.NewDecoder(strings.NewReader("[" + out)).Decode(&list); err != nil {
		s.t.Fatalf("verify printed %v: %s", err, out)
	}
	verdicts := make(map[string]string)
	for _, one := range list {
		verdicts[one.Account] = one.Verdict + one.Error
	}
	return verdicts
}

// renameFirst gives a message of a Maildir another file name, and with it another
// unique-id where those are file names.
func renameFirst(t *testing.T, dir string) {
	t.Helper()
	for _, sub := range []string{"cur", "new"} {
		files, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) > 0 {
			name := filepath.Join(dir, sub, files[0].Name())
			if err := os.Rename(name, filepath.Join(dir, sub, "1800000000.restored.old.example.org")); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the Maildir is empty")
}
