package account

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	owner    = "alice@example.org"
	password = "pass word ALI"
)

// site is a mailbox with a service in front of it, and a ledger on disk that the
// commands share with the service.
type site struct {
	t        *testing.T
	w        *servers.Witness
	b        *bridge.Bridge
	password string // its file
	sessions int    // that have ended
}

// open starts a service with its ledger in SQLite. The blocks are added to its
// configuration, and keys to its upstream.
func open(t *testing.T, server *servers.Server, blocks string, keys ...string) *site {
	t.Helper()
	return openOn(t, server, onSQLite(t), blocks, keys...)
}

func onSQLite(t *testing.T) string {
	return bridge.State("sqlite", filepath.Join(t.TempDir(), "state.db"))
}

func onPostgres(t *testing.T) string {
	return bridge.State("postgres", servers.StartPostgres(t).DSN)
}

// openOn is open with the ledger that a block of the configuration names.
func openOn(t *testing.T, server *servers.Server, state, blocks string, keys ...string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, w: servers.Dial(t, server.IMAP, owner, password), password: filepath.Join(dir, "password")}
	if err := os.WriteFile(s.password, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	more := ""
	for _, key := range keys {
		more += "    " + key + "\n"
	}
	s.b = bridge.Start(t, bridge.YAML(server.IMAP, "none", "", more+state+"login:\n  device_separator: \"+\"\n"+blocks), password)
	return s
}

// command runs an account command beside the service and gives its output, which
// must not hold the password.
func (s *site) command(code int, args ...string) string {
	s.t.Helper()
	return s.b.Command(code, append([]string{"account"}, args...)...)
}

// undelete runs undelete with the account's password.
func (s *site) undelete(code int, args ...string) string {
	s.t.Helper()
	return s.command(code, append([]string{"undelete", owner, "--password-file", s.password}, args...)...)
}

// read runs a command and reads its JSON.
func read[T any](s *site, args ...string) (v T) {
	s.t.Helper()
	out := s.command(0, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		s.t.Fatalf("%q printed %v: %s", args, err, out)
	}
	return v
}

// entry is a line of the journal as scripts read it.
type entry struct {
	Device, Client, Action, Restored string
	To                               string `json:"to"`
	UniqueID                         string `json:"unique_id"`
	MessageID                        string `json:"message_id"`
	Octets                           int64
}

func (s *site) journal() []entry {
	s.t.Helper()
	return read[[]entry](s, "deletions", owner, "--since", "1h")
}

// session is one session of a device: it gives the unique-ids and bodies that it
// saw, and deletes the messages with these numbers. It returns when the service
// has learned all that it learns of a session.
func (s *site) session(login string, deletes ...int) (ids []string, bodies []string) {
	s.t.Helper()
	c := bridge.Login(s.t, s.b.Address("pop3"), login, password)
	for _, line := range c.Lines("UIDL") {
		number, id, _ := strings.Cut(line, " ")
		ids, bodies = append(ids, id), append(bodies, string(c.Message("RETR "+number)))
	}
	for _, n := range deletes {
		c.OK("DELE " + strconv.Itoa(n))
	}
	c.Quit()
	s.sessions++
	s.b.AwaitTimes("session ended", s.sessions)
	return ids, bodies
}

// refused is a login that has to fail.
func (s *site) refused(login, code string) {
	s.t.Helper()
	s.b.Refused(s.t, login, password, code)
}

// fill puts n messages into INBOX, each with a Message-ID of its own: the third
// one's would end a command, or a quoted string, that is put together carelessly.
func (s *site) fill(n int) (bodies, messageIDs []string) {
	s.t.Helper()
	for i := range n {
		id := fmt.Sprintf("<%d@example.org>", i+1)
		if i == 2 {
			id = `<"3\" A9 LOGOUT {5}*%(` + "@example.org>"
		}
		body := fmt.Sprintf("From: bob@example.org\r\nTo: %s\r\nSubject: message %d\r\nDate: Mon, 2 Feb 2026 10:00:0%d +0000\r\nMessage-ID: %s\r\n\r\nText %[2]d.\r\n", owner, i+1, i%10, id)
		s.w.Append([]byte(body))
		bodies, messageIDs = append(bodies, body), append(messageIDs, id)
	}
	return bodies, messageIDs
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
