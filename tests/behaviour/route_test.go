package behaviour_test

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const secret = "the same for all"

// subject is how a test sees in which mailbox a device has arrived.
func subject(c *bridge.Client) string {
	for _, field := range c.Lines("TOP 1 0") {
		if s, ok := strings.CutPrefix(field, "Subject: "); ok {
			return s
		}
	}
	return ""
}

// TestRoutes: by user, device, listener and client, the first match wins, and a
// login that no route serves cannot be told from a wrong password.
func TestRoutes(t *testing.T) {
	users := map[string]string{}
	for _, name := range []string{"alice@example.org", "alice@new.example", "shared@example.org", "alice.scanner@example.org", "bob@example.net"} {
		users[name] = secret
	}
	mail := servers.StartDovecot(t, servers.Dovecot{Users: users})
	for name := range users {
		servers.Dial(t, mail.IMAP, name, secret).Append([]byte("Subject: " + name + "\r\n\r\nbody\r\n"))
	}
	other := servers.StartDovecot(t, servers.Dovecot{Users: users})
	servers.Dial(t, other.IMAP, "alice@example.org", secret).Append([]byte("Subject: the other server\r\n\r\nbody\r\n"))

	b := bridge.Start(t, config([]string{to("mail", mail.IMAP), to("other", other.IMAP)}, separator+`
maildrop:
  hiding:
    on_delete: hide
route:
  - {user: "blocked@*", action: refuse}
  - {user: "*@old.example", upstream: mail, account: "{local}@new.example"}
  - {user: "team-*@example.org", upstream: mail, account: "shared@{domain}"}
  - {device: "badge-*", upstream: mail, account: "{local}.scanner@{domain}"}
  - {user: "alice@example.org", client: ["10.0.0.0/8"], upstream: other, account: "nobody"}
  - {user: "alice@example.org", listener: second, upstream: other}
  - {user: "alice@example.org", client: ["::1/128"], upstream: other}
  - {user: "alice@example.org", listener: third, upstream: mail, as_device: thing, maildrop: hiding}
  - {user: "*@example.org", upstream: mail, maildrop: hiding}
`, plain, "second: plaintext_auth: true", "third: plaintext_auth: true", `six: plaintext_auth: true; address: "[::1]:0"`), secret)

	for _, r := range []struct{ listener, login, want string }{
		{"pop3", "alice@example.org", "alice@example.org"},
		{"pop3", "Alice@Example.ORG", "alice@example.org"},
		{"pop3", "alice@old.example", "alice@new.example"},
		{"pop3", "team-blue@example.org", "shared@example.org"},
		{"pop3", "alice+badge-7@example.org", "alice.scanner@example.org"},
		{"pop3", "alice@example.org+badge-7", "alice.scanner@example.org"},
		{"pop3", "alice+phone@example.org", "alice@example.org"},
		{"second", "alice@example.org", "the other server"},
		{"six", "alice@example.org", "the other server"},
		{"third", "alice@example.org", "alice@example.org"},
	} {
		c := bridge.Login(t, b.Address(r.listener), r.login, secret)
		expect(t, r.login+" on "+r.listener, subject(c), r.want)
		c.Quit()
	}

	// What the third listener hides from its devices is hidden from "thing".
	c := bridge.Login(t, b.Address("third"), "alice@example.org", secret)
	c.OK("DELE 1")
	c.Quit()
	for login, want := range map[string]string{"alice+thing@example.org": "0 0", "alice@example.org": "1 36"} {
		c := bridge.Login(t, b.Address("pop3"), login, secret)
		expect(t, "STAT of "+login, c.OK("STAT"), want)
		c.Quit()
	}

	var texts []string
	for _, login := range []string{"bob@example.net", "blocked@example.org", "nobody@example.org", "nobody@elsewhere.example"} {
		c := bridge.Dial(t, b.Address("pop3"))
		c.OK("USER " + login)
		texts = append(texts, c.Err("PASS "+secret))
		c.Quit()
	}
	for _, text := range texts {
		if text != texts[0] || !strings.HasPrefix(text, "[AUTH] ") {
			t.Errorf("the refusals can be told apart: %q", texts)
		}
	}
}
