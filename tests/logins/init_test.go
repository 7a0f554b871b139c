package logins_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// initiated is a folder that "popbridge init" has filled, and what it has said.
func initiated(t *testing.T, args ...string) (config, output string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("POPBRIDGE_LISTENER_POP3_ADDRESS", "127.0.0.1:0")
	t.Setenv("POPBRIDGE_STATE_SOURCE", filepath.Join(dir, "state", "state.db"))
	c := bridge.Run(t, append([]string{"init", "--account", alice, "--yes", "--dir", dir}, args...))
	if code := c.Wait(); code != 0 {
		t.Fatalf("init ended with %d:\n%s", code, c.Output())
	}
	return filepath.Join(dir, "popbridge.yaml"), c.Output()
}

// retrieves starts the service with a configuration, and is the device.
func retrieves(t *testing.T, config, password string) {
	t.Helper()
	b := bridge.Run(t, []string{"serve", "--config", config})
	b.Await("popbridge is ready")
	c := bridge.Login(t, b.Address("pop3"), alice, password)
	if got := string(c.Message("RETR 1")); got != message {
		t.Errorf("RETR 1 gives %q", got)
	}
	c.Quit()
}

// TestInit: from nothing to a device that retrieves, by two commands, in front of a
// server that takes the mailbox's own password.
func TestInit(t *testing.T) {
	d := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: userPassword}})
	servers.Dial(t, d.IMAP, alice, userPassword).Append([]byte(message))
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(userPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, output := initiated(t, "--provider", "imap", "--address", d.IMAP, "--password-file", password)
	bridge.Has(t, output, ": ok: account "+alice, "user name  "+alice, "password   the mailbox's own")
	retrieves(t, config, userPassword)
}

var typed = regexp.MustCompile(`(?m)^  password   (\S+)$`)

// TestInitMicrosoft: the same where a token is needed, with the tests' servers in the
// place of Microsoft's. Run again it makes no second password.
func TestInitMicrosoft(t *testing.T) {
	a := newAuthServer(t, tokenLife)
	d := onlyTokens(t, a, "", clientID)
	secret := t.TempDir()
	t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_ADDRESS", d.IMAP)
	t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_TLS", "none")
	t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_OAUTH2_TOKEN_URL", a.URL+"/oauth/token")
	t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_OAUTH2_SCOPES", "imap")
	if err := os.WriteFile(filepath.Join(secret, "microsoft_secret"), []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--provider", "microsoft365", "--client-id", clientID, "--device", "scanner", "--dir", secret}
	config, output := initiated(t, args...)
	config = filepath.Join(secret, filepath.Base(config))
	bridge.Has(t, output, "New-ServicePrincipal -AppId "+clientID, "Add-MailboxPermission -Identity "+alice, ": ok: account "+alice)
	m := typed.FindStringSubmatch(output)
	if m == nil {
		t.Fatalf("no password is shown:\n%s", output)
	}
	again := bridge.Run(t, append([]string{"init", "--account", alice, "--yes"}, args...), m[1])
	if code := again.Wait(); code != 0 {
		t.Errorf("run again it ended with %d", code)
	}
	bridge.Has(t, again.Output(), "Going on with ", "scanner has a password already")
	retrieves(t, config, m[1])
}
