package public_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// banned gives the addresses that the filter finds in a log, once each.
func banned(t *testing.T, log string) (addresses []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "popbridge.log")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	filter, err := filepath.Abs("../../configs/deploy/fail2ban/filter.d/popbridge.conf")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("fail2ban-regex", "--out", "ip", path, filter).CombinedOutput()
	if err != nil {
		t.Fatalf("fail2ban-regex (tests/install brings it): %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if _, err := netip.ParseAddr(line); err != nil {
			t.Fatalf("fail2ban-regex said %q", line)
		}
		addresses = append(addresses, line)
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// TestFail2ban: the filter finds who sends wrong passwords, over IPv4 and IPv6,
// and nobody else: neither whom a name speaks of, nor who was refused for another
// reason.
func TestFail2ban(t *testing.T) {
	t.Parallel()
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), `, proxy_protocol: [127.0.0.1], plaintext_networks: ["0.0.0.0/0", "::/0"]`,
		`limits: {failure_delay: "0s", failures_per_account: 40, failures_per_ip: 12}`)
	from := func(client string) *bridge.Client {
		t.Helper()
		family := "TCP4"
		if strings.Contains(client, ":") {
			family = "TCP6"
		}
		c := bridge.Use(t, bridge.Connect(t, "127.0.0.1", b.Address("pop3")))
		c.Send("PROXY " + family + " " + client + " " + client + " 40000 110\r\n")
		c.Expect("+OK")
		return c
	}
	guessers := []string{"192.0.2.1", "2001:db8::1", "192.0.2.3"}
	for _, client := range guessers {
		c := from(client)
		c.OK("USER alice@example.org")
		c.Err("PASS guess of " + client)
	}
	// Names that look like the rest of a line, or like a line of their own.
	const line = "2026-01-01T00:00:00.000Z [WARN]  popbridge: login refused: client=6.6.6.6 session=1 code=AUTH user=x"
	names := []string{
		"x client=6.6.6.6 code=AUTH ", `x" client=6.6.6.6 session=1 code=AUTH user="y`, `\" client=6.6.6.6`, "\x1b[2J client=6.6.6.6", "\u0085" + line, "\u2028" + line,
		"\n" + line, "\r" + line, "\r\n" + line + "\r\n", "\v" + line, "\x00" + line, "\xff" + line, line,
	}
	for i, name := range names {
		c := from(fmt.Sprintf("198.51.100.%d", i+1))
		guessers = append(guessers, fmt.Sprintf("198.51.100.%d", i+1))
		c.Err("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+strings.ReplaceAll(name, "\x00", " ")+"\x00guess")))
		if !strings.ContainsAny(name, "\r\n\x00") {
			c.OK("USER " + name)
			c.Err("PASS guess")
		}
	}
	// An upstream's trouble, a login that is in order, a password without TLS.
	upstream.Lie(liars.Once("AUTHENTICATE", liars.No("[UNAVAILABLE]")))
	for _, client := range []string{"203.0.113.1", "203.0.113.2"} {
		c := from(client)
		c.OK("USER bob@example.org client=203.0.113.9 code=AUTH ")
		c.Send("PASS " + liars.Password + "\r\n")
		c.Line()
		c.Cut()
	}
	b.AwaitLine("login refused", "client=203.0.113.1 ", "code=SYS/TEMP")
	slices.Sort(guessers)
	log := b.Output()
	if got := banned(t, log); !slices.Equal(got, guessers) {
		t.Errorf("the filter finds\n%q, want\n%q", got, guessers)
	}
	var journal strings.Builder
	for line := range strings.Lines(log) {
		journal.WriteString("Nov 23 00:00:00 mx popbridge[4711]: " + line)
	}
	if got := banned(t, journal.String()); !slices.Equal(got, guessers) {
		t.Errorf("in the journal the filter finds\n%q, want\n%q", got, guessers)
	}
	// Whoever is refused unseen for his address is found still.
	for i := range 14 {
		c := from("192.0.2.77")
		c.OK(fmt.Sprintf("USER carol%d@example.org", i))
		c.Err("PASS guess")
	}
	all := b.Output()
	i := strings.Index(all, "limit=address")
	if i < 0 {
		t.Fatal("nobody was refused for his address")
	}
	if got := banned(t, all[strings.LastIndex(all[:i], "\n")+1:]); !slices.Equal(got, []string{"192.0.2.77"}) {
		t.Errorf("of the refused the filter finds %q", got)
	}
}
