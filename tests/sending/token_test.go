package sending_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	bob    = "bob@example.net" // whose devices have tokens of their own
	carol  = "carol@example.com"
	secret = "ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12"
)

// TestAServerThatTakesTokensAlone: a Postfix and a Dovecot that know no passwords. A device
// with a password of popbridge's sends by the tokens that popbridge gets, a program with a
// token of its own by that, and what was sent lies in each one's mailbox.
func TestAServerThatTakesTokensAlone(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, 4*time.Second)
	socket := servers.AuthSocket(t)
	d := a.Dovecot("", alice, alice, message("hello"), servers.PostfixAuth(socket))
	p := servers.StartPostfix(t, socket, "smtpd_sasl_mechanism_filter = xoauth2, oauthbearer")
	keys := func(more string) string {
		return fmt.Sprintf("address: %q, tls: none, reuse: 0s, submission: {address: %q, tls: none}, auth: oauth2, oauth2: {token_url: %q, client_id: %s, client_secret: %s, scopes: [imap, smtp]%s}",
			d.IMAP, p.Submission, a.URL+"/oauth/token", authserver.ClientID, authserver.ClientSecret, more)
	}
	b := bridge.Start(t, fmt.Sprintf(`log: {level: trace}
state: {source: %q, secrets_key: %s}
listener:
  submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true}
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  app: {%s}
  bearer: {%s}
  own: {address: %q, tls: none, submission: {address: %q, tls: none}}
route:
  - {user: %q, upstream: app, login: device}
  - {user: %q, upstream: bearer, login: device}
  - {upstream: own, login: upstream}
limits: {failures_per_ip: 0, failures_per_account: 0, failure_delay: 0s}
`, filepath.Join(t.TempDir(), "state.db"), secret, keys(""), keys(", mechanism: oauthbearer"), d.IMAP, p.Submission, alice, carol), authserver.ClientSecret, secret, "eyJhbGciOi")
	delivered := func(t *testing.T, account, subject string, n int) {
		t.Helper()
		w := servers.DialToken(t, d.IMAP, account, a.Token(account))
		if got := len(p.Delivered(t, "Subject: "+subject+"\n", n)); got != n {
			t.Errorf("%s was delivered %d times", subject, got)
		}
		if got := len(sent(t, w, "Sent", "Subject: "+subject+"\r\n", n)); got != n {
			t.Errorf("%s lies there %d times", subject, got)
		}
	}
	for account, mechanism := range map[string]string{alice: "XOAUTH2", carol: "OAUTHBEARER"} {
		var made struct{ Password string }
		out := b.Command(0, "account", "device", "add", account, "scanner", "--password", "--json")
		if err := json.Unmarshal([]byte(out), &made); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Run("popbridge's token by "+mechanism, func(t *testing.T) {
			sends := func() {
				out, err := exec.Command("curl", "-sS", "smtp://"+b.Address("submission"), "--user", account+":"+made.Password, "--mail-from", account, "--mail-rcpt", "bob@example.org", "-T", eml(t, account, "by "+mechanism)).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			n := 0
			for before := a.Given(); a.Given() < before+2; time.Sleep(200 * time.Millisecond) {
				sends()
				n++
			}
			delivered(t, account, "by "+mechanism, n)
			s := dial(t, b.Address("submission"))
			s.say("EHLO device", "250")
			s.say("AUTH PLAIN "+plain(account, "wrong"), "535 5.7.8")
		})
	}
	for mechanism, response := range map[string]string{
		"XOAUTH2": "user=" + bob + "\x01auth=Bearer %s\x01\x01", "OAUTHBEARER": "n,a=" + bob + ",\x01auth=Bearer %s\x01\x01",
	} {
		t.Run("the device's own token by "+mechanism, func(t *testing.T) {
			s := dial(t, b.Address("submission"))
			s.say("EHLO device", "250")
			s.say("AUTH "+mechanism+" "+plain64(fmt.Sprintf(response, "stolen")), "334")
			s.say("AQ==", "535 5.7.8")
			s.say("AUTH "+mechanism, "334")
			s.say(plain64(fmt.Sprintf(response, a.Token(bob))), "235 2.7.0")
			if got := s.transfer(bob, strings.ReplaceAll(message("own "+mechanism), alice, bob)); !strings.HasPrefix(got, "250 2.0.0") {
				t.Error(got)
			}
			s.say("QUIT", "221")
			delivered(t, bob, "own "+mechanism, 1)
		})
	}
}

// eml is a file with a message of an account's.
func eml(t *testing.T, account, subject string) string {
	path := filepath.Join(t.TempDir(), "mail.eml")
	write(t, path, strings.ReplaceAll(message(subject), alice, account))
	return path
}

// TestAMasterUserSends: devices have passwords of popbridge's alone, and popbridge logs in
// as the master user, with the account as authorization identity or in its name, at the
// submission server as at the mailboxes.
func TestAMasterUserSends(t *testing.T) {
	t.Parallel()
	const master = "master key"
	socket := servers.AuthSocket(t)
	users := map[string]string{alice: password, carol: password}
	d := servers.StartDovecot(t, servers.Dovecot{Users: users, Mechanisms: "plain login", Masters: map[string]string{"admin": master}, Extra: servers.PostfixAuth(socket)})
	p := servers.StartPostfix(t, socket, "")
	keys := func(separator string) string {
		return fmt.Sprintf("address: %q, tls: none, submission: {address: %q, tls: none}, auth: master, master_user: admin, master_password: %q, master_separator: %q", d.IMAP, p.Submission, master, separator)
	}
	b := bridge.Start(t, fmt.Sprintf(`log: {level: trace}
state: {source: %q, secrets_key: %s}
listener: {submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true}}
upstream:
  identity: {%s}
  name: {%s}
route:
  - {user: %q, upstream: identity, login: device}
  - {upstream: name, login: device}
limits: {failures_per_ip: 0, failures_per_account: 0, failure_delay: 0s}
`, filepath.Join(t.TempDir(), "state.db"), secret, keys(""), keys(servers.MasterSeparator), alice), master, plain64(master), secret)
	for _, account := range []string{alice, carol} {
		var made struct{ Password string }
		out := b.Command(0, "account", "device", "add", account, "scanner", "--password", "--json")
		if err := json.Unmarshal([]byte(out), &made); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		s := dial(t, b.Address("submission"))
		s.say("EHLO device", "250")
		s.say("AUTH PLAIN "+plain(account, password), "535 5.7.8")
		s.say("AUTH PLAIN "+plain(account, master), "535 5.7.8")
		s.say("AUTH PLAIN "+plain(account, made.Password), "235")
		if got := s.transfer(account, strings.ReplaceAll(message("for "+account), alice, account)); !strings.HasPrefix(got, "250 2.0.0") {
			t.Error(got)
		}
		s.say("QUIT", "221")
		if got := len(p.Delivered(t, "Subject: for "+account+"\n", 1)); got != 1 {
			t.Errorf("delivered %d times", got)
		}
		if got := len(sent(t, servers.Dial(t, d.IMAP, account, password), "Sent", "Subject: for "+account, 1)); got != 1 {
			t.Errorf("it lies there %d times", got)
		}
	}
}
