package sending_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	alice    = "alice@example.org"
	password = "wonder land"
	patience = 60 * time.Second
)

// site is a Postfix, a Dovecot, and popbridge in front of both.
type site struct {
	*bridge.Bridge
	postfix *servers.Postfix
	dovecot *servers.Server
	witness *servers.Witness
}

// yaml is a configuration with one account's servers; listener, submission and extra
// are more of it.
func yaml(imap, smtp, listener, submission, extra string) string {
	return fmt.Sprintf(`listener:
  submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true%[3]s}
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail:
    address: %[1]q
    tls: none
    submission: {address: %[2]q, tls: none%[4]s}
%[5]s
`, imap, smtp, listener, submission, extra)
}

// open is a site of its own: servers are started for it.
func open(t *testing.T, listener, submission, extra string) *site {
	t.Helper()
	socket := servers.AuthSocket(t)
	d := servers.StartDovecot(t, servers.Dovecot{Mechanisms: "plain login", Extra: servers.PostfixAuth(socket)})
	p := servers.StartPostfix(t, socket, "")
	return front(t, p, d, listener, submission, extra)
}

// front puts popbridge in front of servers that run.
func front(t *testing.T, p *servers.Postfix, d *servers.Server, listener, submission, extra string) *site {
	t.Helper()
	b := bridge.Start(t, yaml(d.IMAP, p.Submission, listener, submission, extra), password)
	return &site{b, p, d, servers.Dial(t, d.IMAP, alice, password)}
}

// sent waits until a mailbox has so many messages that hold a text, and gives them.
func sent(t *testing.T, w *servers.Witness, mailbox, text string, n int) [][]byte {
	t.Helper()
	var found [][]byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		found = nil
		for _, uid := range w.UIDs(mailbox) {
			if raw := w.Raw(mailbox, uid); bytes.Contains(raw, []byte(text)) {
				found = append(found, raw)
			}
		}
		if len(found) >= n {
			return found
		}
	}
	t.Fatalf("%s holds %d messages with %q, want %d", mailbox, len(found), text, n)
	return nil
}

// unix is a message with its lines as Maildirs have them.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// until waits for something that another process brings about.
func until(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s is not there", what)
		}
	}
}
