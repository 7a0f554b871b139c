package admin_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	owner, other       = "alice@example.org", "bob@example.org"
	secret             = "pass word ALI"
	otherSecret        = "pass word BOB"
	body               = "What nobody but its reader may see."
	separator          = "login:\n  device_separator: \"+\"\n"
	patientLimits      = "limits: {failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\n"
	temporary, refused = "[SYS/TEMP]", "[AUTH]"
)

// dovecot has the two accounts.
func dovecot(t *testing.T) *servers.Server {
	t.Helper()
	return servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{owner: secret, other: otherSecret}})
}

// fill gives the owner messages, with the Message-IDs that are given.
func fill(t *testing.T, mail *servers.Server, n int) *servers.Witness {
	t.Helper()
	w := servers.Dial(t, mail.IMAP, owner, secret)
	for i := range n {
		w.Append(fmt.Appendf(nil, "From: bob@example.org\r\nSubject: %d\r\nMessage-ID:\r\n <%d@example.org>\r\n\r\n%s\r\n", i+1, i+1, body))
	}
	return w
}

// line is a line of the trail as others read it.
type line struct {
	Event, Account, Device, User, Client, Session, Listener, Upstream, Mailbox string
	By, Via, From, Act                                                         string
	Details                                                                    map[string]string
	MessageID                                                                  string `json:"message_id"`
	UniqueID                                                                   string `json:"unique_id"`
	Octets                                                                     int64
	Lines                                                                      *int
	Action, To, Result, Code, Cause                                            string
	Lost                                                                       int
}

// trail reads a file of the trail, every line of which has to be whole, and to have a
// time.
func trail(t *testing.T, path string) (lines []line) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{body, secret, otherSecret} {
		if strings.Contains(string(text), never) {
			t.Errorf("the trail holds %q", never)
		}
	}
	return parse(t, string(text))
}

func parse(t *testing.T, text string) (lines []line) {
	t.Helper()
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		var l struct {
			line
			At string
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil || l.At == "" {
			t.Fatalf("a line of the trail is %q: %v", s.Text(), err)
		}
		lines = append(lines, l.line)
	}
	return lines
}

// short is what a test holds against what it wants.
func (l line) short() string {
	whose := l.Account
	if whose == "" {
		whose = l.User
	}
	words := []string{l.Event, whose + "/" + l.Device}
	for _, word := range []string{l.Act, l.MessageID, l.Action, l.To, l.Result, l.Code} {
		if word != "" {
			words = append(words, word)
		}
	}
	if l.Lost > 0 {
		words = append(words, fmt.Sprint(l.Lost))
	}
	return strings.Join(words, " ")
}

func shorts(lines []line) string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = l.short()
	}
	return strings.Join(all, "\n")
}

func expectLines(t *testing.T, what string, got []line, want ...string) {
	t.Helper()
	if g, w := shorts(got), strings.Join(want, "\n"); g != w {
		t.Errorf("%s: the trail has\n%s\nwant\n%s", what, g, w)
	}
}

// onDisk is a ledger in a folder of its own.
func onDisk(t *testing.T) string {
	return bridge.State("sqlite", filepath.Join(t.TempDir(), "state.db"))
}
