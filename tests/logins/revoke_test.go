package logins_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// patience turns what never happens into a failure; nothing is measured by it.
const patience = 60 * time.Second

// parked is how many connections to the upstream wait for a poll, as /metrics says.
func (s *stage) parked(address string) int {
	s.t.Helper()
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^popbridge_upstream_connections_parked\{upstream="mail"\} (\d+)$`).FindSubmatch(text)
	if m == nil {
		s.t.Fatalf("nothing is said of parked connections:\n%s", text)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// awaitParked waits until so many connections are parked.
func (s *stage) awaitParked(address string, want int) {
	s.t.Helper()
	for end := time.Now().Add(patience); s.parked(address) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d connections are parked, want %d", s.parked(address), want)
		}
	}
}

// ends waits for the end of a session, which must come without another octet, and
// leave what it has marked.
func ends(t *testing.T, w *servers.Witness, c *bridge.Client, messages int) {
	t.Helper()
	if rest := c.Rest(); rest != "" {
		t.Errorf("before it ended the session said %q", rest)
	}
	if got := len(w.UIDs("INBOX")); got != messages {
		t.Errorf("INBOX holds %d messages, want %d", got, messages)
	}
}

// TestRevoke: a password that is revoked ends its device's sessions and parked
// connections, and no other device's.
func TestRevoke(t *testing.T) {
	t.Parallel()
	port := servers.FreePorts(t, 1)[0]
	metrics := fmt.Sprintf("127.0.0.1:%d", port)
	d := masterDovecot(t, 2)
	s := devices(t, d.IMAP, plan{onDelete: "expunge", more: fmt.Sprintf("metrics: {address: %q}", metrics)})
	w := servers.Dial(t, d.IMAP, alice, userPassword)
	scanner, phone := s.give("scanner"), s.give("phone")
	for _, device := range []string{scanner, phone} {
		bridge.Login(t, s.Address("pop3"), alice, device).Quit()
		// The next device shall not take over what this one has parked.
		s.awaitParked(metrics, 1)
		if device == scanner {
			s.command(0, "account", "device", "revoke", alice, "scanner")
			s.awaitParked(metrics, 0)
			s.refused(alice, scanner, "[AUTH] authentication failed")
		}
	}
	another := s.give("scanner")
	running, other := bridge.Login(t, s.Address("pop3"), alice, another), bridge.Login(t, s.Address("pop3"), alice, phone)
	running.OK("DELE 1")
	s.command(0, "account", "device", "remove", alice, "scanner")
	ends(t, w, running, 2)
	s.refused(alice, another, "[AUTH] authentication failed")
	other.OK("DELE 2")
	other.Quit()
	if got := len(w.UIDs("INBOX")); got != 1 {
		t.Errorf("INBOX holds %d messages, want 1", got)
	}
	s.refused(alice, scanner, "[AUTH]")
	last := bridge.Login(t, s.Address("pop3"), alice, phone)
	s.command(0, "account", "forget", alice, "--yes")
	ends(t, w, last, 1)
	s.refused(alice, phone, "[AUTH]")
}

// TestRevokeOnAnotherProxy: two proxies share a PostgreSQL. A password that is made
// beside one lets a device in at the other, and a revocation ends it there.
func TestRevokeOnAnotherProxy(t *testing.T) {
	t.Parallel()
	pg := servers.StartPostgres(t)
	d := masterDovecot(t, 1)
	one, two := devices(t, d.IMAP, plan{postgres: pg.DSN, onDelete: "expunge"}), devices(t, d.IMAP, plan{postgres: pg.DSN, onDelete: "expunge"})
	scanner, phone := one.give("scanner", "--apop"), two.give("phone")
	running, other := bridge.Login(t, two.Address("pop3"), alice, scanner), bridge.Login(t, two.Address("pop3"), alice, phone)
	running.OK("DELE 1")
	one.command(0, "account", "device", "revoke", alice, "scanner")
	ends(t, servers.Dial(t, d.IMAP, alice, userPassword), running, 1)
	for _, s := range []*stage{one, two} {
		for _, w := range ways {
			c, reply := w.in(t, s.Address("pop3"), alice, scanner)
			if reply != "-ERR [AUTH] authentication failed" {
				t.Errorf("%s after the revocation: %q", w.name, reply)
			}
			c.Cut()
		}
	}
	other.Quit()
}
