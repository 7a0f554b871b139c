package logins_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
)

// tokenLife is how long an access token is good. A login takes a small part of it,
// or else gets a new one.
const tokenLife = 4 * time.Second

func deviceFlow(a *authserver.Server, more string) string {
	return fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {flow: device, token_url: "%[1]s/oauth/token", device_url: "%[1]s/device_authorization", client_id: %[2]s, scopes: [imap, offline_access]%[3]s}`, a.URL, authserver.ClientID, more)
}

// TestAnOwnerAgrees: a device that knows nothing but USER and PASS reads a mailbox
// whose server takes tokens alone. They end several times, also within a session
// and across a restart, and the device never notices; a revoked device password
// ends its access, and a logout that of every device.
func TestAnOwnerAgrees(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("%u", alice, alice, message)
	s := newStage(t, d.IMAP, deviceFlow(a, ""), "device")
	scanner, printer := s.devicePassword("scanner"), s.devicePassword("printer")
	s.refused(alice, scanner, "[SYS/PERM]")
	s.AwaitLine("[ERROR]", "popbridge account authorize "+alice)
	if code, out := s.authorize(a, alice); code != 0 || !strings.Contains(out, "its mailbox can be opened") {
		t.Fatalf("authorize ended with %d:\n%s", code, out)
	}
	before := a.Given()
	long := bridge.Login(t, s.Address("pop3"), "alice+printer@example.org", printer)
	for a.Given() < before+3 {
		s.reads(alice, scanner)
		time.Sleep(100 * time.Millisecond)
	}
	if got := string(long.Message("RETR 1")); got != message {
		t.Errorf("a session that outlasts tokens gets %q", got)
	}
	long.Quit()
	s.stop()
	s.start()
	for before = a.Given(); a.Given() < before+2; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
	s.refused(alice, "wrong"+scanner[5:], "[AUTH]")
	s.command(0, "account", "device", "revoke", alice, "scanner")
	s.refused(alice, scanner, "[AUTH]")
	s.reads(alice, printer)
	bridge.Has(t, s.command(0, "account", "logout", alice), "1 authorization of "+alice+" forgotten")
	s.refused(alice, printer, "[SYS/PERM]")
	s.hide(a.RefreshTokens()...)
}

// TestAgreementsEnd: one that the server takes back is told to the operator, and
// one that somebody else has given is found out at once.
func TestAgreementsEnd(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("%u", alice, alice, message)
	s := newStage(t, d.IMAP, deviceFlow(a, ", mechanism: oauthbearer"), "device")
	scanner := s.devicePassword("scanner")
	if code, out := s.authorize(a, "bob@example.org"); code != 1 || !strings.Contains(out, "did someone other than "+alice) {
		t.Errorf("with somebody else's word authorize ended with %d:\n%s", code, out)
	}
	if code, out := s.authorize(a, alice); code != 0 {
		t.Fatalf("authorize ended with %d:\n%s", code, out)
	}
	s.reads(alice, scanner)
	logged(t, d, "method=OAUTHBEARER")
	a.Revoke()
	for s.Output(); !strings.Contains(s.Output(), "the account must be authorized"); time.Sleep(100 * time.Millisecond) {
		c := bridge.Dial(t, s.Address("pop3"))
		c.OK("USER " + alice)
		c.Send("PASS " + scanner + "\r\n")
		c.Line()
		c.Cut()
	}
	s.refused(alice, scanner, "[SYS/PERM]")
	if code, out := s.authorize(a, alice); code != 0 {
		t.Fatalf("authorize ended with %d:\n%s", code, out)
	}
	s.reads(alice, scanner)
	a.CloseClientConnections()
	a.Close()
	for refused := false; !refused; time.Sleep(100 * time.Millisecond) {
		c := bridge.Dial(t, s.Address("pop3"))
		c.OK("USER " + alice)
		c.Send("PASS " + scanner + "\r\n")
		reply := c.Line()
		refused = strings.HasPrefix(reply, "-ERR [SYS/TEMP]")
		if !refused && !strings.HasPrefix(reply, "+OK") {
			t.Errorf("without an authorization server the reply is %q", reply)
			return
		}
		c.Cut()
	}
	s.hide(a.RefreshTokens()...)
}

// TestAnApplicationOpensEveryMailbox by client credentials, as Microsoft 365 has it.
func TestAnApplicationOpensEveryMailbox(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot(authserver.ClientID, authserver.ClientID, alice, message)
	keys := fmt.Sprintf(`reuse: 0s, auth: oauth2, oauth2: {token_url: "%s/oauth/token", client_id: %s, client_secret: %s, scopes: [imap]}`, a.URL, authserver.ClientID, authserver.ClientSecret)
	s := newStage(t, d.IMAP, keys, "device", authserver.ClientSecret)
	bridge.Has(t, s.command(0, "check", "--connect"), "upstream mail (tokens): ok: the token endpoint gives an access token")
	bridge.Has(t, s.command(0, "check", "--connect", "--account", alice), "logged in")
	scanner := s.devicePassword("scanner")
	for before := a.Given(); a.Given() < before+3; time.Sleep(100 * time.Millisecond) {
		s.reads(alice, scanner)
	}
	logged(t, d, "method=XOAUTH2")
	s.refused(alice, "wrong", "[AUTH]")
	a.Close()
	bridge.Has(t, s.command(1, "check", "--connect"), "upstream mail (tokens): FAILED")
}

// TestADevicesToken is passed on to the server, which decides.
func TestADevicesToken(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, tokenLife)
	d := a.Dovecot("%u", alice, alice, message)
	good, bad := a.Token(alice), a.Token("bob@example.org")
	s := newStage(t, d.IMAP, "auth: password", "upstream", good, bad)
	xoauth2 := func(token string) string {
		return base64Of("user=" + alice + "\x01auth=Bearer " + token + "\x01\x01")
	}
	c := bridge.Dial(t, s.Address("pop3"))
	c.OK("AUTH XOAUTH2 " + xoauth2(good))
	if got := string(c.Message("RETR 1")); got != message {
		t.Errorf("RETR 1 gives %q", got)
	}
	c.Quit()
	c = bridge.Dial(t, s.Address("pop3"))
	c.Send("AUTH OAUTHBEARER\r\n")
	c.Expect("+ ")
	c.OK(base64Of("n,a=" + alice + ",\x01auth=Bearer " + good + "\x01\x01"))
	c.Quit()
	c = bridge.Dial(t, s.Address("pop3"))
	c.Send("AUTH XOAUTH2 " + xoauth2(bad) + "\r\n")
	c.Expect("+ ")
	if text := c.Err(""); !strings.HasPrefix(text, "[AUTH]") {
		t.Errorf("somebody else's token is refused with %q", text)
	}
	c.Cut()
}
