package state_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// driver is a kind of ledger.
type driver struct {
	name    string
	state   string // the configuration's block
	options ledgerOptions
	secret  string // must appear in no output; empty for none
}

// drivers are the kinds that outlive a process, each with an empty ledger.
func drivers(t *testing.T) []driver {
	t.Helper()
	return []driver{onSQLite(t), onPostgres(servers.StartPostgres(t))}
}

func onSQLite(t *testing.T) driver {
	return sqliteAt(filepath.Join(t.TempDir(), "state.db"))
}

func sqliteAt(path string) driver {
	return driver{name: "sqlite", state: bridge.State("sqlite", path), options: ledgerOptions{"sqlite", path}}
}

func onPostgres(p *servers.Postgres) driver {
	return driver{name: "postgres", state: bridge.State("postgres", p.DSN), options: ledgerOptions{"postgres", p.DSN}, secret: p.Password}
}

// serve runs popbridge in front of one upstream without TLS. blocks are whole
// blocks of the configuration.
func (d driver) serve(t testing.TB, imap string, blocks ...string) *bridge.Bridge {
	t.Helper()
	return bridge.Start(t, d.config(imap, blocks...), d.secrets()...)
}

func (d driver) config(imap string, blocks ...string) string {
	return bridge.YAML(imap, "none", "", d.state+strings.Join(blocks, ""))
}

func (d driver) secrets() []string {
	if d.secret == "" {
		return nil
	}
	return []string{d.secret}
}

// perDriver runs a test with each driver, in front of one Dovecot with these
// users, whose password is password(user).
func perDriver(t *testing.T, users []string, test func(t *testing.T, d driver, mail *servers.Server)) {
	for _, d := range drivers(t) {
		t.Run(d.name, func(t *testing.T) { test(t, d, dovecot(t, users, "")) })
	}
}

func dovecot(t *testing.T, users []string, capability string) *servers.Server {
	t.Helper()
	logins := make(map[string]string, len(users))
	for _, user := range users {
		logins[user] = password(user)
	}
	return servers.StartDovecot(t, servers.Dovecot{Users: logins, Capability: capability})
}

func password(user string) string { return "word-of-" + user[:3] }

// witness looks into a user's mailboxes.
func witness(t testing.TB, mail *servers.Server, user string) *servers.Witness {
	t.Helper()
	return servers.Dial(t, mail.IMAP, user, password(user))
}

// login is a session of the account itself, or of a device of it.
func login(t testing.TB, b *bridge.Bridge, user, device string) *bridge.Client {
	t.Helper()
	return bridge.Login(t, b.Address("pop3"), named(user, device), password(user))
}

func named(user, device string) string {
	if device == "" {
		return user
	}
	return user + "+" + device
}

// refused is a login that is answered with -ERR; it gives the text.
func refused(t testing.TB, b *bridge.Bridge, user, device string) string {
	t.Helper()
	return b.Refused(t, named(user, device), password(user), "")
}

const separator = "login:\n  device_separator: \"+\"\n"

// restart ends a popbridge in good order and starts another one like it.
func restart(t testing.TB, b *bridge.Bridge, start func() *bridge.Bridge) *bridge.Bridge {
	t.Helper()
	end(t, b)
	return start()
}

// texts are the messages that a device sees, by unique-id.
func texts(c *bridge.Client) map[string]string {
	seen := make(map[string]string)
	for i, id := range c.UniqueIDs() {
		seen[id] = string(c.Message(fmt.Sprintf("RETR %d", i+1)))
	}
	return seen
}

// holds fails where a mailbox does not hold just these messages, in any order.
func holds(t testing.TB, w *servers.Witness, mailbox string, want [][]byte) {
	t.Helper()
	same(t, mailbox, contents(t, w, mailbox), want)
}

// contents are the messages of a mailbox.
func contents(t testing.TB, w *servers.Witness, mailbox string) [][]byte {
	t.Helper()
	if len(w.UIDs(mailbox)) == 0 {
		return nil
	}
	messages, err := w.Client.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	got := make([][]byte, len(messages))
	for i, m := range messages {
		got[i] = m.BodySection[0].Bytes
	}
	return got
}

// same compares messages as multisets.
func same(t testing.TB, what string, got, want [][]byte) {
	t.Helper()
	if a, b := sorted(got), sorted(want); !slices.Equal(a, b) {
		t.Errorf("%s: %d messages, want %d:\n%.3000q\n%.3000q", what, len(a), len(b), a, b)
	}
}

func sorted(messages [][]byte) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = string(m)
	}
	slices.Sort(list)
	return list
}

func expect[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func expectView(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// transfer moves messages as an IMAP client does.
func transfer(t testing.TB, w *servers.Witness, from, to string, uids ...imap.UID) {
	t.Helper()
	if _, err := w.Client.Select(from, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Client.Move(imap.UIDSetNum(uids...), to).Wait(); err != nil {
		t.Fatal(err)
	}
}
