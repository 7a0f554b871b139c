package migration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestThousandAccounts: a thousand accounts are harvested, matched, verified and
// moved by four commands, of which one is killed and begun again.
func TestThousandAccounts(t *testing.T) {
	t.Parallel()
	const accounts = 1000
	users := make(map[string]string, accounts)
	for i := range accounts {
		users[fmt.Sprintf("user%03d@example.org", i)] = password
	}
	// Processes that serve one session after the other spare the machine thousands.
	often := "service pop3 {\n service_count = 0\n}\nservice imap {\n service_count = 0\n}\n"
	old := servers.InMaildirs(servers.StartDovecot(t, servers.Dovecot{Users: users, NoSpecialUse: true, POP3UIDLFormat: "%f", Extra: often}))
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users, NoSpecialUse: true, Extra: often})
	copies := servers.InMaildirs(fresh)
	letters := servers.Messages(3)
	for login := range users {
		old.Deliver(t, login, letters)
		copies.Deliver(t, login, letters)
	}
	s := open(t, plan{old: popAt(old), fresh: imapAt(fresh), users: users})

	harvest := []string{"uidl", "harvest", "--upstream", "old", "--accounts", s.accounts, "--parallel", "8"}
	first := s.start(harvest...)
	for end := time.Now().Add(2 * time.Minute); s.status("harvested") < accounts/10; time.Sleep(300 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing is harvested:\n%s", first.Output())
		}
	}
	first.Kill()
	if n := s.status("harvested"); n >= accounts {
		t.Errorf("the harvest was killed too late: %d accounts are harvested", n)
	}
	s.long(harvest...)
	for _, args := range [][]string{
		{"uidl", "match", "--from", "old", "--to", "new"}, {"uidl", "verify", "--from", "old", "--to", "new"}, {"account", "move", "--to", "new"},
	} {
		s.long(append(args, "--accounts", s.accounts, "--parallel", "8")...)
	}
	for _, step := range []string{"learned", "harvested", "matched", "verified", "moved"} {
		if n := s.status(step); n != accounts {
			t.Errorf("%d accounts are %s, want %d", n, step, accounts)
		}
	}
	has(t, s.command(0, "migration", "status"), "3000 messages on old servers")
	c := bridge.Login(t, s.b.Address("pop3"), "user500@example.org", password)
	for _, line := range c.Lines("UIDL") {
		if !strings.Contains(line, "old.example.org") {
			t.Errorf("after the move a unique-id is %q, no file name of the old server's", line)
		}
	}
	c.Quit()
}

// long is command for one that has a thousand accounts to go through.
func (s *site) long(args ...string) {
	s.t.Helper()
	c := s.start(args...)
	if code := c.WaitFor(10 * time.Minute); code != 0 {
		s.t.Fatalf("%q ended with %d:\n%s", args, code, c.Output())
	}
}

// status is how many accounts have come to a step.
func (s *site) status(step string) int {
	s.t.Helper()
	var status struct {
		Steps []struct {
			Step     string
			Accounts int
		}
	}
	out := s.command(0, "migration", "status", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		s.t.Fatalf("migration status printed %v: %s", err, out)
	}
	for _, line := range status.Steps {
		if line.Step == step {
			return line.Accounts
		}
	}
	s.t.Fatalf("no step %q in %s", step, out)
	return 0
}
