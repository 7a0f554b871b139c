package logins_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/authserver"
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
// server that takes the mailbox's own password, and of Gmail, which takes an app password.
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

	t.Setenv("POPBRIDGE_UPSTREAM_GMAIL_ADDRESS", d.IMAP)
	t.Setenv("POPBRIDGE_UPSTREAM_GMAIL_TLS", "none")
	config, output = initiated(t, "--provider", "gmail", "--password-file", password)
	bridge.Has(t, output, ": ok: account "+alice, "password   an app password of the mailbox, from https://myaccount.google.com/apppasswords")
	retrieves(t, config, userPassword)
}

var typed = regexp.MustCompile(`(?m)^  password   (\S+)$`)

// TestInitMicrosoft: the same where a token is needed, with the tests' servers in the
// place of Microsoft's, by each way to one. Run again it makes no second password and
// changes nothing.
func TestInitMicrosoft(t *testing.T) {
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("", authserver.ClientID, alice, message)
	pair, good := certificate(t, a)
	files := regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(pair, 2)
	atMicrosoft(t, d, a)
	for _, w := range []struct {
		name, scopes string
		flags, says  []string
		owner        func(said, user string)
		before       func(dir string)
	}{
		{
			name: "secret", scopes: "imap", says: []string{"New-ServicePrincipal -AppId " + authserver.ClientID, "Add-MailboxPermission -Identity " + alice},
			before: func(dir string) { write(t, filepath.Join(dir, "microsoft_secret"), authserver.ClientSecret+"\n") },
		},
		{
			name: "device", scopes: "imap, offline_access", flags: []string{"--flow", "device"}, says: []string{"secrets_key is written", "Allow public client flows"},
			owner: a.Enter,
		},
		{
			name: "code", scopes: "openid, offline_access", flags: []string{"--flow", "code", "--format", "hcl"}, says: []string{"secrets_key is written", "http://localhost"},
			owner: a.Browse,
		},
		{
			name: "certificate", scopes: "imap", flags: []string{"--client-certificate", files[0][1], "--client-key", files[1][1]},
			says: []string{"Upload certificate: " + files[0][1]}, before: func(string) { a.Prove(good) },
		},
	} {
		t.Run(w.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_OAUTH2_SCOPES", w.scopes)
			t.Setenv("POPBRIDGE_STATE_SOURCE", filepath.Join(dir, "state", "state.db"))
			if w.before != nil {
				w.before(dir)
			}
			args := append([]string{"init", "--account", alice, "--yes", "--dir", dir, "--provider", "microsoft365", "--tenant", "example.org", "--client-id", authserver.ClientID, "--device", "scanner"}, w.flags...)
			c := bridge.Run(t, args)
			if w.owner != nil {
				c.Await("This command waits for it.")
				w.owner(c.Output(), alice)
			}
			if code := c.Wait(); code != 0 {
				t.Fatalf("init ended with %d:\n%s", code, c.Output())
			}
			bridge.Has(t, c.Output(), append(w.says, ": ok: account "+alice)...)
			device, before := madePassword(t, c.Output()), contents(t, dir)
			again := bridge.Run(t, args, device)
			if code := again.Wait(); code != 0 {
				t.Errorf("run again it ended with %d", code)
			}
			bridge.Has(t, again.Output(), "Continuing with ", "scanner already has a password")
			if after := contents(t, dir); !maps.Equal(before, after) {
				t.Errorf("run again it changed files: %q, then %q", before, after)
			}
			config := filepath.Join(dir, "popbridge.yaml")
			if slices.Contains(w.flags, "hcl") {
				config = filepath.Join(dir, "popbridge.hcl")
			} else if lines := strings.Count(before[config], "\n"); lines > 12 || lines == 0 {
				t.Errorf("the configuration has %d lines:\n%s", lines, before[config])
			}
			retrieves(t, config, device)
		})
	}
}

// atMicrosoft has a configuration of popbridge's preset lead to the tests' servers.
func atMicrosoft(t *testing.T, d *servers.Server, a *authserver.Server) {
	t.Helper()
	t.Setenv("POPBRIDGE_LISTENER_POP3_ADDRESS", "127.0.0.1:0")
	for key, value := range map[string]string{
		"ADDRESS": d.IMAP, "TLS": "none", "OAUTH2_TOKEN_URL": a.URL + "/oauth/token",
		"OAUTH2_DEVICE_URL": a.URL + "/device_authorization", "OAUTH2_AUTH_URL": a.URL + "/authorize",
	} {
		t.Setenv("POPBRIDGE_UPSTREAM_MICROSOFT_"+key, value)
	}
}

// TestInitGoogle: the same for a service account, whose key somebody has put in place
// between two runs.
func TestInitGoogle(t *testing.T) {
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("%u", alice, alice, message)
	dir := t.TempDir()
	t.Setenv("POPBRIDGE_LISTENER_POP3_ADDRESS", "127.0.0.1:0")
	t.Setenv("POPBRIDGE_UPSTREAM_GOOGLE_ADDRESS", d.IMAP)
	t.Setenv("POPBRIDGE_UPSTREAM_GOOGLE_TLS", "none")
	t.Setenv("POPBRIDGE_STATE_SOURCE", filepath.Join(dir, "state", "state.db"))
	run := func() *bridge.Bridge {
		return bridge.Run(t, []string{"init", "--provider", "google_workspace", "--account", alice, "--device", "scanner", "--yes", "--dir", dir})
	}
	file := filepath.Join(dir, "google.json")
	first := run()
	if code := first.Wait(); code != 1 {
		t.Errorf("without the key it ended with %d", code)
	}
	bridge.Has(t, first.Output(), "https://mail.google.com/", "put it at "+file)
	write(t, file, a.ServiceAccount())
	c := run()
	if code := c.Wait(); code != 0 {
		t.Fatalf("init ended with %d:\n%s", code, c.Output())
	}
	retrieves(t, filepath.Join(dir, "popbridge.yaml"), madePassword(t, c.Output()))
}

// madePassword is the one that init shows, once.
func madePassword(t *testing.T, output string) string {
	t.Helper()
	m := typed.FindStringSubmatch(output)
	if m == nil {
		t.Fatalf("no password is shown:\n%s", output)
	}
	return m[1]
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// contents are the files of a folder by their paths, without those of folders in it.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, entry := range list {
		if entry.IsDir() {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(data)
	}
	return texts
}
