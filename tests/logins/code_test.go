package logins_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// certificate is popbridge's, and what tells an assertion that it has signed from others.
func certificate(t testing.TB, a *authserver.Server) (keys string, good func(string) bool) {
	t.Helper()
	pair := servers.NewCertificate(t, t.TempDir())
	return fmt.Sprintf("client_certificate: %q, client_key: %q", pair.Cert, pair.Key), a.SignedBy(pair.Cert)
}

// TestAnOwnerAgreesInABrowser: by a browser on this machine, and by its address that is
// pasted; a device reads the mailbox across several tokens. The client proves itself by
// a certificate all the while.
func TestAnOwnerAgreesInABrowser(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("%u", alice, alice, message)
	proof, good := certificate(t, a)
	a.Prove(good)
	s := newStage(t, d.IMAP, fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {flow: code, auth_url: "%[1]s/authorize", token_url: "%[1]s/oauth/token", client_id: %[2]s, scopes: [openid, offline_access], %[3]s}`,
		a.URL, authserver.ClientID, proof), "device")
	scanner := s.devicePassword("scanner")
	s.refused(alice, scanner, "[SYS/PERM]")

	c := bridge.Run(t, []string{"account", "authorize", alice, "--config", filepath.Join(s.dir, "popbridge.yaml")})
	c.Await("This command waits for it.")
	a.Browse(c.Output(), alice)
	if code := c.Wait(); code != 0 {
		t.Fatalf("authorize ended with %d:\n%s", code, c.Output())
	}
	for before := a.Given(); a.Given() < before+3; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}

	a.Revoke()
	for s.Output(); !strings.Contains(s.Output(), "invalid_grant"); time.Sleep(100 * time.Millisecond) {
		c := bridge.Dial(t, s.Address("pop3"))
		c.OK("USER " + alice)
		c.Send("PASS " + scanner + "\r\n")
		c.Line()
		c.Cut()
	}
	if out, err := s.paste(a); err != nil || !strings.Contains(out, "answers another question") {
		t.Fatalf("authorize ended with %v:\n%s", err, out)
	}
	s.reads(alice, scanner)
	s.hide(a.RefreshTokens()...)
}

// paste is an operator on another machine than the browser's: an old address first, then
// the right one.
func (s *stage) paste(a *authserver.Server) (output string, err error) {
	s.t.Helper()
	command := exec.Command(bridge.Binary(s.t), "account", "authorize", alice, "--config", filepath.Join(s.dir, "popbridge.yaml"))
	in, err := command.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(s.dir, "pasted"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	said := func() string {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(said(), "This command waits for it."); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = command.Process.Kill()
			break
		}
	}
	back := a.SignIn(a.Shown(said()), alice)
	_, _ = fmt.Fprintf(in, "http://localhost:1/?state=old&code=old\n%s\n", back)
	err = command.Wait()
	return said(), err
}

// TestAnApplicationProvesItself by a certificate, at an old POP3 server that takes
// tokens alone; by nothing it gets no token.
func TestAnApplicationProvesItself(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot(authserver.ClientID, authserver.ClientID, alice, message)
	proof, good := certificate(t, a)
	a.Prove(good)
	s := newStage(t, d.POP3, fmt.Sprintf(`protocol: pop3, auth: oauth2, oauth2: {token_url: "%s/oauth/token", client_id: %s, scopes: [imap], %s}`, a.URL, authserver.ClientID, proof), "device")
	bridge.Has(t, s.command(0, "check", "--connect"), "upstream mail (tokens): ok: the token endpoint gives an access token")
	bridge.Has(t, s.command(0, "check", "--connect", "--account", alice), "logged in, the maildrop holds 1 message")
	scanner := s.devicePassword("scanner")
	for before := a.Given(); a.Given() < before+2; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
	logged(t, d, "pop3-login", "method=XOAUTH2")
	a.Prove(func(string) bool { return false })
	bridge.Has(t, s.command(1, "check", "--connect"), "upstream mail (tokens): FAILED", "invalid_client", "client_certificate")
}

// TestAnAssertionIsRenewed by the platform, and popbridge is not told.
func TestAnAssertionIsRenewed(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot(authserver.ClientID, authserver.ClientID, alice, message)
	var wanted atomic.Value
	a.Prove(func(assertion string) bool { return assertion == wanted.Load() })
	file := filepath.Join(t.TempDir(), "assertion")
	renew := func(assertion string) {
		wanted.Store(assertion)
		if err := os.WriteFile(file, []byte(assertion), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	renew("the-first-assertion")
	s := newStage(t, d.IMAP, fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {token_url: "%s/oauth/token", client_id: %s, scopes: [imap], client_assertion_file: %q}`, a.URL, authserver.ClientID, file), "device",
		"the-first-assertion", "the-second-assertion")
	scanner := s.devicePassword("scanner")
	s.reads(alice, scanner)
	renew("the-second-assertion")
	for before := a.Given(); a.Given() < before+2; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
}
