package account

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// kinds are a server that tells where messages go (COPYUID), and one that does
// not and moves them step by step.
var kinds = []struct {
	name  string
	kind  servers.Dovecot
	state func(*testing.T) string
}{
	{"modern", servers.Dovecot{}, onSQLite},
	{"modern, state in PostgreSQL", servers.Dovecot{}, onPostgres},
	{"plain", servers.Dovecot{Capability: servers.Plain, NoSpecialUse: true}, onSQLite},
}

// TestUndelete: what each action did is undone while the service runs. Devices
// see the messages again with new unique-ids, the others with their old ones.
func TestUndelete(t *testing.T) {
	for _, k := range kinds {
		for _, action := range []string{"trash", "archive", "flag", "hide"} {
			t.Run(k.name+" "+action, func(t *testing.T) {
				k.kind.Users = map[string]string{owner: password}
				s := openOn(t, servers.StartDovecot(t, k.kind), k.state(t), "maildrop:\n  default:\n    on_delete: "+action+"\n")
				s.undoes(action)
			})
		}
	}
}

func (s *site) undoes(action string) {
	t := s.t
	bodies, messageIDs := s.fill(5)
	before, _ := s.session(owner)
	// The service knows the messages by content now, so that it would find them
	// again under new UIDs.
	s.session(owner, 2, 3)
	left, _ := s.session(owner)
	same(t, "unique-ids after QUIT", left, []string{before[0], before[3], before[4]})

	journal := s.journal()
	if len(journal) != 2 {
		t.Fatalf("the journal has %d lines, want 2: %+v", len(journal), journal)
	}
	for i, e := range journal {
		if e.Action != action || e.MessageID != messageIDs[i+1] || e.UniqueID != before[i+1] || e.Octets != int64(len(bodies[i+1])) || e.Client != "127.0.0.1" || e.Restored != "" {
			t.Errorf("line %d of the journal: %+v", i, e)
		}
	}
	uids := s.w.UIDs("INBOX")
	bridge.Has(t, s.undelete(0, "--since", "1h", "--dry-run"), "2 of 2 messages would be brought back", messageIDs[1])
	if got := s.w.UIDs("INBOX"); !slices.Equal(got, uids) {
		t.Errorf("a dry run has changed INBOX from %v to %v", uids, got)
	}
	again, _ := s.session(owner)
	same(t, "unique-ids after a dry run", again, left)

	// One by its Message-ID, then the other with all that is left.
	bridge.Has(t, s.undelete(0, "--message", messageIDs[2]), "1 of 1 message brought back")
	bridge.Has(t, s.undelete(0, "--since", "1h"), "1 of 1 message brought back")
	for _, e := range s.journal() {
		if e.Restored == "" {
			t.Errorf("the journal does not say that %s was brought back", e.MessageID)
		}
	}
	ids, seen := s.session(owner)
	got, want := slices.Sorted(slices.Values(seen)), slices.Sorted(slices.Values(bodies))
	same(t, "messages that are back", got, want)
	for i, id := range ids {
		kept := slices.Index(before, id)
		n := slices.Index(bodies, seen[i])
		if n == 1 || n == 2 {
			if kept >= 0 {
				t.Errorf("message %d is back with its old unique-id %s: devices would not fetch it", n+1, id)
			}
		} else if kept != n {
			t.Errorf("message %d has got another unique-id, %s", n+1, id)
		}
	}
	later, _ := s.session(owner)
	same(t, "unique-ids in a later session", later, ids)
	bridge.Has(t, s.undelete(1, "--since", "1h"), "already been brought back")
}

// TestExpungeIsForGood: the command says so plainly, and brings back the rest.
func TestExpungeIsForGood(t *testing.T) {
	s := open(t, dovecot(t), `maildrop:
  default:
    on_delete: expunge
  soft:
    on_delete: trash
route:
  - device: soft
    maildrop: soft
  - {}
`)
	s.fill(3)
	s.session(owner, 1)
	s.session(owner+"+soft", 1)
	bridge.Has(t, s.undelete(1, "--since", "1h"), "NOT brought back: it was expunged", "moved back from Trash", "1 of 2 messages brought back")
	if got := len(s.w.UIDs("INBOX")); got != 2 {
		t.Errorf("INBOX holds %d messages, want 2", got)
	}
}

// TestUndeleteWithAWrongPassword: the server is asked once, and the operator told
// once, however many messages and actions there are.
func TestUndeleteWithAWrongPassword(t *testing.T) {
	server := dovecot(t)
	s := open(t, server, `maildrop:
  default:
    on_delete: trash
  soft:
    on_delete: flag
route:
  - device: soft
    maildrop: soft
  - {}
`)
	s.fill(4)
	s.session(owner, 1, 2)
	s.session(owner+"+soft", 1, 2)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := s.command(1, "undelete", owner, "--since", "1h", "--password-file", wrong)
	bridge.Has(t, out, "0 of 4 messages brought back", `authentication failed: upstream "mail", account "`+owner+`"`)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2 {
		t.Errorf("the command says %d lines, want 2:\n%s", len(lines), out)
	}
	log, err := os.ReadFile(server.Log)
	if n := strings.Count(string(log), "auth failed, 1 attempts"); err != nil || n != 1 {
		t.Errorf("the server has refused %d logins, want 1 (%v)", n, err)
	}
	out = s.command(1, "undelete", owner, "--since", "1h", "--password-file", wrong, "--json")
	if n := strings.Count(out, `"result": "authentication failed: `); n != 4 {
		t.Errorf("the JSON gives %d reasons, want one for each message:\n%s", n, out)
	}
}

// TestOneDeviceOnly: what another device has hidden stays hidden from it.
func TestOneDeviceOnly(t *testing.T) {
	s := open(t, dovecot(t), "maildrop:\n  default:\n    on_delete: hide\n")
	s.fill(3)
	s.session(owner+"+scanner", 1, 2)
	s.session(owner+"+phone", 1, 2)
	bridge.Has(t, s.undelete(0, "--since", "1h", "--device", "scanner"), "2 of 2 messages brought back")
	if ids, _ := s.session(owner + "+scanner"); len(ids) != 3 {
		t.Errorf("the scanner sees %d messages, want 3", len(ids))
	}
	if ids, _ := s.session(owner + "+phone"); len(ids) != 1 {
		t.Errorf("the phone sees %d messages, want 1", len(ids))
	}
	bridge.Has(t, s.undelete(0, "--since", "1h"), "2 of 2 messages brought back")
	if ids, _ := s.session(owner + "+phone"); len(ids) != 3 {
		t.Errorf("the phone sees %d messages, want 3", len(ids))
	}
}

// TestNotRelinked: a message that is back before its device's next login shows
// under a new UID in the place of one that has vanished. It must not be taken for
// a message that the server has given a new UID, which would keep its unique-id.
func TestNotRelinked(t *testing.T) {
	s := open(t, dovecot(t), "")
	s.fill(3)
	before, _ := s.session(owner)
	s.session(owner, 2)
	s.undelete(0, "--since", "1h")
	ids, _ := s.session(owner)
	if len(ids) != 3 || ids[0] != before[0] || ids[1] != before[2] || slices.Contains(before, ids[2]) {
		t.Errorf("unique-ids are %q, were %q", ids, before)
	}
}

// TestTrashChanges: others work in the trash meanwhile. What they have removed
// cannot be brought back. What they have marked comes back without the mark, and
// what has got a new UID there is found by its Message-ID.
func TestTrashChanges(t *testing.T) {
	s := open(t, dovecot(t), "")
	bodies, messageIDs := s.fill(4)
	nameless := "Subject: without a Message-ID\r\n\r\nText.\r\n"
	s.w.Append([]byte(nameless))
	s.session(owner, 1, 2, 3, 5)
	trash := s.w.UIDs("Trash")
	s.w.Remove("Trash", trash[0], trash[2])
	s.w.Store("Trash", trash[1], imap.StoreFlagsAdd, imap.FlagDeleted)
	s.w.AppendTo("Trash", []byte("Subject: another\r\n\r\nText.\r\n"))
	s.w.AppendTo("Trash", []byte(bodies[2]))
	bridge.Has(t, s.undelete(1, "--since", "1h"), `it is no longer in "Trash"`, "3 of 4 messages brought back", messageIDs[2])
	_, seen := s.session(owner)
	same(t, "messages that are back", seen, []string{bodies[3], bodies[1], nameless, bodies[2]})
	if got := len(s.w.UIDs("Trash")); got != 1 {
		t.Errorf("Trash holds %d messages, want the one that was not the device's", got)
	}
	s.password = s.b.Config
	bridge.Has(t, s.undelete(1, "--since", "1h"), "authentication failed")
}
