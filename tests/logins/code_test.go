package logins_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

var shownAddress = regexp.MustCompile(`open\n\n  (http\S+)\n`)

// certificate is popbridge's, and what tells an assertion that it has signed from others.
func certificate(t testing.TB, a *authServer) (keys string, good func(string) bool) {
	t.Helper()
	pair := servers.NewCertificate(t, t.TempDir())
	text, err := os.ReadFile(pair.Cert)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("client_certificate: %q, client_key: %q", pair.Cert, pair.Key), func(assertion string) bool {
		token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.ES256})
		var claims jwt.Claims
		return err == nil && token.Claims(parsed.PublicKey, &claims) == nil &&
			claims.Validate(jwt.Expected{Issuer: clientID, Subject: clientID, AnyAudience: jwt.Audience{a.URL + "/oauth/token"}, Time: time.Now()}) == nil
	}
}

// TestAnOwnerAgreesInABrowser: by a browser on this machine, and by its address that is
// pasted; a device reads the mailbox across several tokens. The client proves itself by
// a certificate all the while.
func TestAnOwnerAgreesInABrowser(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t, tokenLife)
	d := onlyTokens(t, a, "%u", alice)
	proof, good := certificate(t, a)
	a.prove(good)
	s := newStage(t, d.IMAP, fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {flow: code, auth_url: "%[1]s/authorize", token_url: "%[1]s/oauth/token", client_id: %[2]s, scopes: [openid, offline_access], %[3]s}`,
		a.URL, clientID, proof), "device")
	scanner := s.devicePassword("scanner")
	s.refused(alice, scanner, "[SYS/PERM]")

	c := bridge.Run(t, []string{"account", "authorize", alice, "--config", filepath.Join(s.dir, "popbridge.yaml")})
	c.Await("This command waits for it.")
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := browser.Get(a.signIn(shownAddress.FindStringSubmatch(c.Output())[1], alice))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if code := c.Wait(); code != 0 {
		t.Fatalf("authorize ended with %d:\n%s", code, c.Output())
	}
	for before := a.given(); a.given() < before+3; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}

	a.revoke()
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
	s.hide(a.refreshTokens()...)
}

// paste is an operator on another machine than the browser's: an old address first, then
// the right one.
func (s *stage) paste(a *authServer) (output string, err error) {
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
	back := a.signIn(shownAddress.FindStringSubmatch(said())[1], alice)
	_, _ = fmt.Fprintf(in, "http://localhost:1/?state=old&code=old\n%s\n", back)
	err = command.Wait()
	return said(), err
}

// TestAnApplicationProvesItself by a certificate, at an old POP3 server that takes
// tokens alone; by nothing it gets no token.
func TestAnApplicationProvesItself(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t, tokenLife)
	d := onlyTokens(t, a, clientID, clientID)
	proof, good := certificate(t, a)
	a.prove(good)
	s := newStage(t, d.POP3, fmt.Sprintf(`protocol: pop3, auth: oauth2, oauth2: {token_url: "%s/oauth/token", client_id: %s, scopes: [imap], %s}`, a.URL, clientID, proof), "device")
	bridge.Has(t, s.command(0, "check", "--connect"), "upstream mail (tokens): ok: the token endpoint gives an access token")
	bridge.Has(t, s.command(0, "check", "--connect", "--account", alice), "logged in, the maildrop holds 1 message")
	scanner := s.devicePassword("scanner")
	for before := a.given(); a.given() < before+2; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
	logged(t, d, "pop3-login", "method=XOAUTH2")
	a.prove(func(string) bool { return false })
	bridge.Has(t, s.command(1, "check", "--connect"), "upstream mail (tokens): FAILED", "invalid_client", "client_certificate")
}

// TestAnAssertionIsRenewed by the platform, and popbridge is not told.
func TestAnAssertionIsRenewed(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t, tokenLife)
	d := onlyTokens(t, a, clientID, clientID)
	var wanted atomic.Value
	a.prove(func(assertion string) bool { return assertion == wanted.Load() })
	file := filepath.Join(t.TempDir(), "assertion")
	renew := func(assertion string) {
		wanted.Store(assertion)
		if err := os.WriteFile(file, []byte(assertion), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	renew("the-first-assertion")
	s := newStage(t, d.IMAP, fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {token_url: "%s/oauth/token", client_id: %s, scopes: [imap], client_assertion_file: %q}`, a.URL, clientID, file), "device",
		"the-first-assertion", "the-second-assertion")
	scanner := s.devicePassword("scanner")
	s.reads(alice, scanner)
	renew("the-second-assertion")
	for before := a.given(); a.given() < before+2; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
}
