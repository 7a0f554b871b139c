package page_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	owner, other        = "alice@example.org", "bob@example.org"
	secret, otherSecret = "pass word ALI", "pass word BOB"
	pagePassword        = "the page's own password"
	refused             = "[AUTH]"
	// hostile is what a device may call itself; nothing of it may run.
	hostile = `<script>alert(1)</script>`
)

var servedAt = regexp.MustCompile(`serving the page and the API: address=(\S+)`)

// stage is one service that all cases share, with what stands behind it.
type stage struct {
	mail   *servers.Server
	bridge *bridge.Bridge
	config string
	trail  string // its file
	root   string // of the page
}

func setStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{mail: servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{owner: secret, other: otherSecret}})}
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(pagePassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.trail = filepath.Join(dir, "audit.jsonl")
	s.config = bridge.YAML(s.mail.IMAP, "none", "", bridge.State("sqlite", filepath.Join(dir, "state.db"))+
		"login: {device_separator: \"+\"}\n"+
		"limits: {failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\n"+
		"audit: {path: "+s.trail+"}\nadmin: {address: \"127.0.0.1:0\", password_file: "+password+"}\n")
	s.bridge = bridge.Start(t, s.config, secret, otherSecret, pagePassword)
	found := servedAt.FindStringSubmatch(s.bridge.Output())
	if found == nil {
		t.Fatalf("no page is served:\n%s", s.bridge.Output())
	}
	s.root = "http://" + found[1]
	return s
}

// TestPage: a person does with the page what operators have to do.
func TestPage(t *testing.T) {
	s := setStage(t)
	b := openBrowser(t, s.root)
	s.bridge.Refused(t, owner+"+phone", "wrong", refused)
	s.bridge.Refused(t, hostile, "wrong", refused)

	t.Run("a login, and what is refused", func(t *testing.T) {
		b.t = t
		b.visit("/sessions")
		b.sees("Log in")
		b.shoot("login")
		b.fill("Password", "something else")
		b.follow("Log in")
		b.sees("That is not the password.")
		b.fill("Password", pagePassword)
		b.follow("Log in")
		b.sees("Nobody is logged in")
	})
	t.Run("a refused login and its cause", func(t *testing.T) {
		b.t = t
		b.follow("Overview")
		b.sees("Devices are served.", "the password is wrong", "Type the account's password into the device again", owner, hostile)
		b.shoot("overview")
	})
	t.Run("a session that is kicked", func(t *testing.T) {
		b.t = t
		phone := bridge.Login(t, s.bridge.Address("pop3"), owner+"+phone", secret)
		bob := bridge.Login(t, s.bridge.Address("pop3"), other, otherSecret)
		b.visit("/sessions")
		b.sees("2 sessions", owner, "phone", other)
		b.shoot("sessions")
		b.follow("Kick phone of " + owner)
		b.sees("1 session of device phone of " + owner + ": ended within about a second.")
		phone.Rest()
		b.awaits("1 session\n")
		bob.Quit()
		b.awaits("Nobody is logged in")
	})
	t.Run("what is not of this page", s.safe)
	t.Run("guesses", s.limited)
}
