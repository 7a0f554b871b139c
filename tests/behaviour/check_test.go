package behaviour_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestCheckLooksAtPorts: a port that another program has is a failure, on one of the
// machine's addresses or on all of them; one that the running service has is not.
func TestCheckLooksAtPorts(t *testing.T) {
	t.Parallel()
	imap := bridge.Demo(t, 1)
	listen := func(address string) string {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l.Addr().String()
	}
	other, other6 := listen("127.0.0.1:0"), listen("[::1]:0")
	_, port6, _ := net.SplitHostPort(other6)
	running := bridge.Start(t, config([]string{to("mail", imap)}, "", plain)).Address("pop3")
	for address, says := range map[string]string{
		"127.0.0.1:0": "ok: the port is free",
		running:       "ok: a running popbridge is using the port",
		other:         "FAILED: listen tcp " + other + ": bind: address already in use: another program is already using this port",
		other6:        "FAILED: listen tcp " + other6 + ": bind: address already in use: another program is already using this port",
		":" + port6:   "FAILED: listen tcp :" + port6 + ": bind: address already in use: another program is already using this port",
	} {
		code := map[bool]int{true: 1}[strings.HasPrefix(says, "FAILED")]
		path := filepath.Join(t.TempDir(), "popbridge.yaml")
		if err := os.WriteFile(path, []byte(config([]string{to("mail", imap)}, "", plain+`; address: "`+address+`"`)), 0o600); err != nil {
			t.Fatal(err)
		}
		c := bridge.Run(t, []string{"check", path, "--connect"})
		if got := c.Wait(); got != code {
			t.Errorf("%s: check ends with %d, want %d", address, got, code)
		}
		bridge.Has(t, c.Output(), "listener pop3 ("+address+"): "+says)
	}
}

// TestCheckWarnsOfNothingThatItSees: what shows only after a login is no warning where
// that login shows it. A password's file that others can read is one.
func TestCheckWarnsOfNothingThatItSees(t *testing.T) {
	t.Parallel()
	b := bridge.Start(t, config([]string{to("mail", bridge.Demo(t, 1))}, "", plain))
	const hint = "needs UIDPLUS or MOVE, which shows only after a login"
	bridge.Has(t, b.Command(0, "check", "--connect"), hint)
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("wonderland\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func() string {
		return b.Command(0, "check", "--connect", "--account", "alice@example.org", "--password-file", path)
	}
	out := check()
	bridge.Has(t, out, "logged in, mailbox \"INBOX\" holds 1 message;")
	if strings.Contains(out, "warning: ") {
		t.Errorf("it warns of something:\n%s", out)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	bridge.Has(t, check(), "--password-file: warning: "+path+" can be read by every user of this machine; run chmod o-r on it")
}
