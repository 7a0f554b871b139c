package migration

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// population is how many accounts are moved: 400, for which a machine with two
// processors needs half a minute, or what POPBRIDGE_TEST_ACCOUNTS says, such as 1000.
func population(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POPBRIDGE_TEST_ACCOUNTS")
	if text == "" {
		return 400
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 || n > 1000 {
		t.Fatalf("POPBRIDGE_TEST_ACCOUNTS is %q; it is a number from 100 to 1000", text)
	}
	return n
}

// TestAllAccounts: hundreds of accounts, or a thousand, are harvested, matched,
// verified and moved by four commands, of which one is killed and begun again.
func TestAllAccounts(t *testing.T) {
	t.Parallel()
	accounts := population(t)
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

	harvest := []string{"migrate", "harvest", "--upstream", "old", "--accounts", s.accounts, "--parallel", "8"}
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
		{"migrate", "match", "--from", "old", "--to", "new"}, {"migrate", "verify", "--from", "old", "--to", "new"}, {"migrate", "move", "--to", "new"},
	} {
		s.long(append(args, "--accounts", s.accounts, "--parallel", "8")...)
	}
	for _, step := range []string{"learned", "harvested", "matched", "verified", "moved"} {
		if n := s.status(step); n != accounts {
			t.Errorf("%d accounts are %s, want %d", n, step, accounts)
		}
	}
	bridge.Has(t, s.command(0, "migrate", "status"), fmt.Sprintf("%d messages on old servers", 3*accounts))
	c := bridge.Login(t, s.b.Address("pop3"), "user050@example.org", password)
	for _, line := range c.Lines("UIDL") {
		if !strings.Contains(line, "old.example.org") {
			t.Errorf("after the move a unique-id is %q, no file name of the old server's", line)
		}
	}
	c.Quit()
}

// long is command for one that has many accounts to go through.
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
	out := s.command(0, "migrate", "status", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		s.t.Fatalf("migrate status printed %v: %s", err, out)
	}
	for _, line := range status.Steps {
		if line.Step == step {
			return line.Accounts
		}
	}
	s.t.Fatalf("no step %q in %s", step, out)
	return 0
}
