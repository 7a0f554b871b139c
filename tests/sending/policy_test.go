package sending_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// policies is popbridge with an upstream for each way to treat what is sent, chosen by
// the account's domain.
type policies struct {
	*bridge.Bridge
	smtp    *liars.Submission
	tokens  *liars.Submission
	dovecot *servers.Server
}

func startPolicies(t *testing.T) *policies {
	t.Helper()
	ways := map[string]string{
		"own":     `aliases: ["info@{domain}"]`,
		"rewrite": "sender: rewrite, bare_newlines: mend",
		"any":     "sender: any, sent: never",
		"always":  "sent: always",
		"token":   "",
		"none":    "",
	}
	users := make(map[string]string)
	smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
	tokens := liars.StartSubmission(t, liars.SubmissionOptions{Token: "the-token", Extensions: []string{"SIZE 100000", "AUTH XOAUTH2 PLAIN"}})
	var upstreams, routes strings.Builder
	for name := range ways {
		users["alice@"+name+".test"] = password
	}
	d := servers.StartDovecot(t, servers.Dovecot{Users: users})
	for name, keys := range ways {
		address := smtp.Address()
		if name == "token" {
			address = tokens.Address()
		}
		if keys != "" {
			keys = ", " + keys
		}
		submission := fmt.Sprintf("submission: {address: %q, tls: none%s}", address, keys)
		if name == "none" {
			submission = "submission: {}"
		}
		fmt.Fprintf(&upstreams, "  %s: {address: %q, tls: none, %s}\n", name, d.IMAP, submission)
		fmt.Fprintf(&routes, "  - {user: \"*@%s.test\", upstream: %s}\n", name, name)
	}
	cert := servers.NewCertificate(t, t.TempDir())
	b := bridge.Start(t, fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
  submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true, certificate: %[1]q, key: %[2]q, pop_before_smtp: 10m}
  private: {protocol: smtp, address: "127.0.0.1:0", certificate: %[1]q, key: %[2]q}
upstream:
%[3]sroute:
%[4]slimits: {message_size: 1MB, spool_size: 200KB, failures_per_account: 0, failures_per_ip: 0, failure_delay: 0s, bad_commands: 10}
state: {source: %[5]q}
`, cert.Cert, cert.Key, &upstreams, &routes, filepath.Join(t.TempDir(), "state.db")), password)
	return &policies{b, smtp, tokens, d}
}

func (p *policies) login(t *testing.T, domain string) *device {
	t.Helper()
	d := dial(t, p.Address("submission"))
	d.say("EHLO device", "250")
	d.say("AUTH PLAIN "+plain("alice@"+domain, password), "235")
	return d
}

// transfer sends a message, and gives the reply to its end, or to what was refused.
func (d *device) transfer(from, text string) string {
	d.t.Helper()
	for _, line := range []string{"MAIL FROM:<" + from + ">", "RCPT TO:<bob@example.org>", "DATA"} {
		d.raw(line + "\r\n")
		if got := d.read(); got == "" || got[0] > '3' {
			return got
		}
	}
	d.raw(text + "\r\n.\r\n")
	return d.read()
}

// last is the message that the server got last.
func (p *policies) last(t *testing.T) liars.SubmittedMessage {
	t.Helper()
	all := p.smtp.Messages()
	if len(all) == 0 {
		t.Fatal("the server has no message")
	}
	return all[len(all)-1]
}

func TestPolicies(t *testing.T) {
	p := startPolicies(t)
	t.Run("senders", p.senders)
	t.Run("newlines", p.newlines)
	t.Run("sizes", p.sizes)
	t.Run("states", p.states)
	t.Run("tokens", p.token)
	t.Run("TLS", p.tls)
	t.Run("POP before SMTP", p.popBefore)
	t.Run("malformed", p.malformed)
}

func (p *policies) senders(t *testing.T) {
	for _, c := range []struct{ domain, from, header, reply, mailFrom, has string }{
		{"own.test", "alice@own.test", "From: alice@own.test", "250", "alice@own.test", "From: alice@own.test\r\n"},
		{"own.test", "Info@OWN.test", "From: \"Info\" <info@own.test>", "250", "Info@OWN.test", ""},
		{"own.test", "scanner@localhost", "From: alice@own.test", "553 5.7.1", "", ""},
		{"own.test", "", "From: alice@own.test", "553 5.7.1", "", ""},
		{"own.test", "alice@own.test", "From: boss@own.test", "553 5.7.1", "", ""},
		{"rewrite.test", "", "From: Scanner <scanner@localhost>", "250", "alice@rewrite.test", "From: Scanner\r\n <alice@rewrite.test>\r\nReply-To: Scanner <scanner@localhost>\r\n"},
		{"rewrite.test", "scanner", "Subject: x", "250", "alice@rewrite.test", "From: alice@rewrite.test\r\n"},
		{"any.test", "boss@other.test", "From: boss@other.test", "250", "boss@other.test", "From: boss@other.test\r\n"},
		{"any.test", "", "From: <>", "250", "", ""},
	} {
		d := p.login(t, c.domain)
		before := len(p.smtp.Messages())
		got := d.transfer(c.from, c.header+"\r\nBcc: hidden@example.org\r\n\r\ntext")
		if !strings.HasPrefix(got, c.reply) {
			t.Errorf("%s from %q with %q: %q", c.domain, c.from, c.header, got)
		}
		if c.reply != "250" {
			if len(p.smtp.Messages()) != before {
				t.Errorf("%s from %q with %q was sent", c.domain, c.from, c.header)
			}
			continue
		}
		m := p.last(t)
		if m.From != c.mailFrom || !strings.Contains(m.Text, c.has) || strings.Contains(m.Text, "hidden") || !strings.HasPrefix(m.Text, "Received: from device ([127.0.0.1])") {
			t.Errorf("%s from %q with %q became %+v", c.domain, c.from, c.header, m)
		}
	}
	w := servers.Dial(t, p.dovecot.IMAP, "alice@rewrite.test", password)
	if copy := sent(t, w, "Sent", "Scanner", 1)[0]; !bytes.Contains(copy, []byte("Bcc: hidden@example.org\r\n")) || bytes.Contains(copy, []byte("Received:")) {
		t.Errorf("the copy is %q", copy)
	}
	if w := servers.Dial(t, p.dovecot.IMAP, "alice@any.test", password); len(w.UIDs("Sent")) > 0 {
		t.Error("sent = never has put a copy there")
	}
}

func (p *policies) newlines(t *testing.T) {
	for _, text := range []string{"Subject: a\nb\r\n\r\nx", "Subject: a\r\n\r\nx\ny", "Subject: a\r\n\r\nx\ry", "Subject: a\r\n\r\nx\r\r\ny"} {
		before := len(p.smtp.Messages())
		if got := p.login(t, "own.test").transfer("alice@own.test", text); !strings.HasPrefix(got, "550 5.5.2") || len(p.smtp.Messages()) != before {
			t.Errorf("%q is answered %q", text, got)
		}
		if got := p.login(t, "rewrite.test").transfer("alice@rewrite.test", text); !strings.HasPrefix(got, "250") {
			t.Errorf("%q is answered %q where it is mended", text, got)
		}
		if m := p.last(t); strings.ContainsAny(strings.ReplaceAll(m.Text, "\r\n", ""), "\r\n") {
			t.Errorf("%q became %q", text, m.Text)
		}
	}
	// What would be a second message, for a server that takes another end.
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"} {
		smuggled := "Subject: outer\r\n\r\nx" + end + "MAIL FROM:<boss@own.test>\r\nRCPT TO:<x@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\ny"
		for _, domain := range []string{"own.test", "rewrite.test"} {
			before := len(p.smtp.Messages())
			got := p.login(t, domain).transfer("alice@"+domain, smuggled)
			if domain == "own.test" && (!strings.HasPrefix(got, "550 5.5.2") || len(p.smtp.Messages()) != before) {
				t.Errorf("%q is answered %q", end, got)
			}
			if domain == "rewrite.test" && (!strings.HasPrefix(got, "250") || len(p.smtp.Messages()) != before+1 || !strings.Contains(p.last(t).Text, "smuggled")) {
				t.Errorf("%q is answered %q, and the server has %d more", end, got, len(p.smtp.Messages())-before)
			}
		}
	}
	// A device that knows no CRLF at all.
	d := dial(t, p.Address("submission"))
	d.raw("EHLO device\nAUTH PLAIN " + plain("alice@rewrite.test", password) + "\nMAIL FROM:<x>\nRCPT TO:<bob@example.org>\nDATA\nSubject: unix\n\nhello\n.\nQUIT\n")
	for _, want := range []string{"250", "235", "250", "250", "354", "250", "221"} {
		d.reply(want)
	}
}

func (p *policies) sizes(t *testing.T) {
	d := p.login(t, "own.test")
	if got := d.say("EHLO device", "250"); !strings.Contains(got, "250-SIZE 1048576\r\n") || strings.Contains(got, "CHUNKING") || strings.Contains(got, "SMTPUTF8") || !strings.Contains(got, "8BITMIME") || !strings.Contains(got, "DSN") || !strings.Contains(got, "PIPELINING") {
		t.Errorf("announced is %q", got)
	}
	d.say("MAIL FROM:<alice@own.test> SIZE=1048577", "552 5.3.4")
	d.say("MAIL FROM:<alice@own.test> SIZE=x", "501")
	d.say("MAIL FROM:<alice@own.test> NONSENSE=1", "555 5.5.4")
	d.say("MAIL FROM:<alice@own.test> SIZE=1000 RET=HDRS ENVID=q", "250")
	d.say("RCPT TO:<bob@example.org> NOTIFY=NEVER", "250")
	d.say("RSET", "250")
	before := len(p.smtp.Messages())
	line := strings.Repeat("x", 998) + "\r\n"
	if got := d.transfer("alice@own.test", "Subject: large\r\n\r\n"+strings.Repeat(line, 1050)); !strings.HasPrefix(got, "552 5.3.4") || len(p.smtp.Messages()) != before {
		t.Errorf("a message that is too large is answered %q", got)
	}
	// Beyond the spool it is sent and not kept, or refused where a copy is wanted of all.
	big := "Subject: big\r\n\r\n" + strings.Repeat(line, 300)
	if got := d.transfer("alice@own.test", big); !strings.HasPrefix(got, "250") {
		t.Errorf("beyond the spool: %q", got)
	}
	p.AwaitLine("will not be filed", "spool_size")
	before = len(p.smtp.Messages())
	if got := p.login(t, "always.test").transfer("alice@always.test", big); !strings.HasPrefix(got, "552") || len(p.smtp.Messages()) != before {
		t.Errorf("beyond the spool with always: %q", got)
	}
	if got := p.login(t, "always.test").transfer("alice@always.test", "Subject: small"); !strings.HasPrefix(got, "250") {
		t.Errorf("a small one with always: %q", got)
	}
}

func (p *policies) states(t *testing.T) {
	d := dial(t, p.Address("submission"))
	d.say("EHLO device", "250")
	d.say("AUTH LOGIN", "334")
	d.say("*", "501")
	d.say("AUTH LOGIN", "334")
	d.say("###", "501")
	d.say("AUTH PLAIN "+plain("alice@nowhere.test", password), "535 5.7.8")
	d.say("AUTH PLAIN "+plain("alice@none.test", password), "451 4.4.")
	d.say("AUTH PLAIN "+plain("alice@own.test", password), "235")
	d.say("AUTH PLAIN "+plain("alice@own.test", password), "503")
	d.say("RCPT TO:<x@y>", "503")
	d.say("DATA", "503")
	d.say("MAIL FROM:<alice@own.test>", "250 2.1.0")
	d.say("MAIL FROM:<alice@own.test>", "503")
	d.say("DATA", "554")
	d.say("RCPT TO:<>", "501")
	d.say("HELO again", "250")
	d.say("DATA", "503")
	out, err := exec.Command(bridge.Binary(t), "who", "--config", p.Config).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "alice@own.test") || !strings.Contains(string(out), "submission") {
		t.Errorf("who: %v %s", err, out)
	}
}

// token: a server that wants XOAUTH2 gets the device's token; it alone is told 535.
func (p *policies) token(t *testing.T) {
	x := func(token string) string {
		return base64.StdEncoding.EncodeToString([]byte("user=alice@token.test\x01auth=Bearer " + token + "\x01\x01"))
	}
	d := dial(t, p.Address("submission"))
	d.say("EHLO device", "250")
	d.say("AUTH XOAUTH2 "+x("wrong"), "334")
	d.say("", "535 5.7.8")
	d.say("AUTH XOAUTH2 "+x("the-token"), "235")
	if got := d.say("EHLO device", "250"); !strings.Contains(got, "SIZE 100000\r\n") || strings.Contains(got, "DSN") {
		t.Errorf("announced is %q", got)
	}
	if got := d.transfer("alice@token.test", "Subject: by token"); !strings.HasPrefix(got, "250") {
		t.Error(got)
	}
}

func (p *policies) tls(t *testing.T) {
	d := dial(t, p.Address("private"))
	if got := d.say("EHLO device", "250"); strings.Contains(got, "AUTH") || !strings.Contains(got, "STARTTLS") {
		t.Errorf("announced is %q", got)
	}
	d.say("AUTH PLAIN "+plain("alice@own.test", password), "538 5.7.11")
	out, err := exec.Command("curl", "-sS", "-k", "--ssl-reqd", "smtp://"+p.Address("private"), "--user", "alice@own.test:"+password, "--mail-from", "alice@own.test", "--mail-rcpt", "bob@example.org", "-T", "/dev/null").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if m := p.last(t); !strings.Contains(m.Text, "with ESMTPSA id") {
		t.Errorf("%+v", m)
	}
}

func (p *policies) popBefore(t *testing.T) {
	d := dial(t, p.Address("submission"))
	d.say("EHLO device", "250")
	d.say("MAIL FROM:<alice@own.test>", "530 5.7.0")
	out, err := exec.Command("curl", "-sS", "pop3://"+p.Address("pop3")+"/", "--user", "alice@own.test:"+password).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := d.transfer("alice@own.test", "Subject: by POP"); !strings.HasPrefix(got, "250") {
		t.Error(got)
	}
	other := dial(t, p.Address("private"))
	other.say("EHLO device", "250")
	other.say("MAIL FROM:<alice@own.test>", "530 5.7.0")
}

// malformed sends 500 pieces of nonsense, before a login and behind it: nothing is sent
// by them, and the next device is served.
func (p *policies) malformed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"EHLO", "HELO", "MAIL", "MAIL FROM:", "RCPT TO:", "<", ">", "a@b", "\x00", "\r", " ", "\xff", "AUTH", "PLAIN", "=", "DATA", "RSET", "STARTTLS", "BDAT 3\r\nabc", "\r\n", "\n", "\"", "\\", strings.Repeat("x", 600), "SIZE=-1", "BODY=X", "NOOP", "VRFY", "HELP", "*", "+", ":", "QUIT", "GET / HTTP/1.1", "\x16\x03\x01"}
	before := len(p.smtp.Messages())
	for i := range 500 {
		var text strings.Builder
		for range 1 + random.IntN(12) {
			text.WriteString(words[random.IntN(len(words))])
			if random.IntN(3) == 0 {
				text.WriteString(" ")
			}
		}
		d := dial(t, p.Address("private"))
		if i%2 == 0 {
			d.say("EHLO x", "250")
		}
		d.raw(text.String() + "\r\nQUIT\r\n")
		for got := d.read(); got != ""; got = d.read() {
			if len(got) < 5 || strings.Count(got, "\n") != strings.Count(got, "\r\n") {
				t.Errorf("%q is answered %q", text.String(), got)
			}
			if strings.HasPrefix(got, "220 2.0.0") || strings.HasPrefix(got, "221") {
				break
			}
		}
		_ = d.nc.Close()
	}
	if len(p.smtp.Messages()) != before {
		t.Error("nonsense was sent")
	}
	if got := p.login(t, "own.test").transfer("alice@own.test", "Subject: after all"); !strings.HasPrefix(got, "250") {
		t.Error(got)
	}
}
