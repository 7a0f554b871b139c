package state_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestStandbyThatLags: a standby takes over that lacks the last commits. That costs no
// mail and changes no unique-id: what was deleted in those moments stays deleted, and
// what was hidden in them, and only that, is shown once more. A session whose lock the
// standby has never heard of deletes nothing.
func TestStandbyThatLags(t *testing.T) {
	t.Parallel()
	var users []string
	drops, routes := "maildrop:\n", "route:\n"
	for _, action := range actions() {
		user := action + "@example.org"
		users = append(users, user)
		drops += fmt.Sprintf("  %s: {on_delete: %s}\n", action, action)
		routes += fmt.Sprintf("  - {user: %q, maildrop: %s}\n", user, action)
	}
	const closed = "closed@example.org"
	routes += "  - {user: " + closed + ", maildrop: trash}\n"
	mail, primary := dovecot(t, append(users, closed), ""), servers.StartPostgres(t)
	standby := primary.Standby(t)
	b := onPostgres(standby).serve(t, mail.IMAP, separator, drops, routes)

	letters := servers.Messages(8)
	before := make(map[string][]string)
	for _, user := range users {
		witness(t, mail, user).Fill("INBOX", letters)
		c := login(t, b, user, "")
		before[user] = c.UniqueIDs()
		c.OK("DELE 1")
		c.Quit() // the standby has this
	}
	primary.Asynchronous(t)
	standby.Cut(t)
	open := make(map[string]net.Conn)
	for _, user := range users {
		c := login(t, b, user, "")
		c.OK("DELE 1")
		c.OK("DELE 2")
		c.Quit() // and this it never hears of
		open[user] = bridge.Connect(t, "", b.Address("pop3"))
		c = bridge.Use(t, open[user])
		c.Expect("+OK")
		c.OK("USER " + user)
		c.OK("PASS " + password(user))
		c.OK("DELE 5")
	}
	b.Command(0, "account", "disable", closed)
	bridge.Has(t, refused(t, b, closed, ""), "[AUTH]")

	primary.Kill()
	standby.Promote(t)
	// What operators have done in those moments is undone.
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c := bridge.Dial(t, b.Address("pop3"))
		c.OK("USER " + closed)
		c.Send("PASS " + password(closed) + "\r\n")
		answer := c.Line()
		c.Cut()
		if strings.HasPrefix(answer, "+OK") {
			break
		}
		// Until the proxy's first heartbeat there, the standby takes it for dead.
		later := strings.HasPrefix(answer, "-ERR [SYS/TEMP] ") || strings.HasPrefix(answer, "-ERR [IN-USE] ")
		if !later || time.Now().After(until) {
			t.Fatalf("after the standby has taken over: %s", answer)
		}
	}
	for _, user := range users {
		_, _ = io.WriteString(open[user], "QUIT\r\n") // it may be ended already
		if rest := bridge.Everything(t, open[user]); strings.HasPrefix(rest, "+OK") {
			t.Errorf("%s: a session without a lock deletes: %s", user, rest)
		}
		want := before[user][3:]
		if user == "hide@example.org" {
			want = before[user][1:]
		}
		c := patientLogin(t, b, user, "")
		if seen := c.UniqueIDs(); !slices.Equal(seen, want) {
			t.Errorf("%s sees %q, want %q", user, seen, want)
		}
		c.OK("DELE 1")
		c.Quit()
		c = login(t, b, user, "")
		expectView(t, user+" afterwards", c.UniqueIDs(), want[1:]...)
		c.Quit()
		w := witness(t, mail, user)
		switch left := letters[4:]; user {
		case "hide@example.org", "flag@example.org":
			holds(t, w, "INBOX", letters)
		case "trash@example.org":
			holds(t, w, "INBOX", left)
			holds(t, w, "Trash", letters[:4])
		case "archive@example.org":
			holds(t, w, "INBOX", left)
			holds(t, w, "Archive", letters[:4])
		case "expunge@example.org":
			holds(t, w, "INBOX", left)
		}
	}
}
