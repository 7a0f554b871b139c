package migration

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	alice    = "alice@example.org"
	password = "pass word ALI"
)

// site is a service that has an old upstream and a new one, with a ledger on disk
// that commands share with it. Its routes lead to the old one.
type site struct {
	t        *testing.T
	b        *bridge.Bridge
	config   string // its file
	accounts string // a file of all accounts with their passwords
	alice    string // a file with her password
}

// plan is what a site is made of; zero values have a meaning.
type plan struct {
	old, fresh string            // keys of the upstreams, as "address: …", one to a line
	ledger     string            // state, as "driver: …"; empty: SQLite in a folder of its own
	users      map[string]string // accounts; nil: alice alone
	login      string            // route.login; empty: upstream
	more       string            // blocks
}

// imapAt is an upstream at a test's server.
func imapAt(s *servers.Server) string { return fmt.Sprintf("address: %q\ntls: none", s.IMAP) }

func open(t *testing.T, p plan) *site {
	t.Helper()
	dir := t.TempDir()
	if p.ledger == "" {
		p.ledger = fmt.Sprintf("source: %q", filepath.Join(dir, "state.db"))
	}
	if p.users == nil {
		p.users = map[string]string{alice: password}
	}
	s := &site{t: t, config: filepath.Join(dir, "popbridge.yaml"), accounts: filepath.Join(dir, "accounts"), alice: filepath.Join(dir, "alice")}
	lines := ""
	for name, secret := range p.users {
		lines += name + ":" + secret + "\n"
	}
	put(t, s.accounts, lines)
	put(t, s.alice, p.users[alice]+"\n")
	text := fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  old:
%s
  new:
%s
state:
%s
login:
  device_separator: "+"
route:
  - {upstream: old, login: %s}
%s`, indent(4, p.old), indent(4, p.fresh), indent(2, p.ledger), cmp.Or(p.login, "upstream"), p.more)
	s.b = bridge.Start(t, text, password)
	put(t, s.config, text)
	return s
}

func indent(n int, text string) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(text, "\n", "\n"+pad)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// start runs a command beside the service and does not wait for it.
func (s *site) start(args ...string) *bridge.Bridge {
	s.t.Helper()
	return bridge.Run(s.t, append(args, "--config", s.config), password)
}

// command runs a command that has to end with a code, and gives its output.
func (s *site) command(code int, args ...string) string {
	s.t.Helper()
	return s.b.Command(code, args...)
}

// move moves alice, which has to end with a code.
func (s *site) move(code int, args ...string) string {
	s.t.Helper()
	return s.command(code, s.moving(args...)...)
}

func (s *site) moving(args ...string) []string {
	return append([]string{"migrate", "move", alice, "--password-file", s.alice}, args...)
}

// back moves alice back, which has to end with a code.
func (s *site) back(code int, args ...string) string {
	s.t.Helper()
	return s.command(code, s.goingBack(args...)...)
}

func (s *site) goingBack(args ...string) []string {
	return append([]string{"migrate", "back", alice, "--password-file", s.alice}, args...)
}

// moved is where alice is served by an operator's word.
func (s *site) moved() (list []struct {
	Account, Upstream, Origin string
	Pending, Held             bool
	Sessions                  int
}) {
	s.t.Helper()
	out := s.command(0, "migrate", "list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		s.t.Fatalf("migrate list printed %v: %s", err, out)
	}
	return list
}

// view is what a device of alice sees: unique-ids and octets, in order.
func (s *site) view() (ids []string, octets []string) {
	s.t.Helper()
	return s.session(alice)
}

// session is one session of a device, which deletes the messages of these numbers:
// what it has seen before.
func (s *site) session(login string, deletes ...int) (ids []string, octets []string) {
	s.t.Helper()
	c := bridge.Login(s.t, s.b.Address("pop3"), login, password)
	ids, octets = c.UniqueIDs(), c.Octets()
	for _, n := range deletes {
		c.OK(fmt.Sprintf("DELE %d", n))
	}
	c.Quit()
	return ids, octets
}

// refused is a login of alice that is to be put off.
func (s *site) refused() {
	s.t.Helper()
	s.b.Refused(s.t, alice, password, "[SYS/TEMP]")
}
