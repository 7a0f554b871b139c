// Package lookup holds popbridge to what a lookup block promises, from outside: real
// logins whose routes ask a file, a PostgreSQL database and a service over HTTP.
package lookup

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/tests/bridge"
)

const (
	owner    = "alice@example.org"
	password = "wonderland"
)

// config has a lookup, a route that asks it, and two upstreams.
func config(imap, third, lookup string) string {
	return bridge.YAML(imap, "none", "", `  third:
    address: "`+third+`"
    tls: none
limits: {failure_delay: 0s, failures_per_account: 0, failures_per_ip: 0}
maildrop:
  lab:
    unique_id: "lab-%u"
lookup:
  accounts:
`+lookup+`
route:
  - {user: "fixed@*", upstream: mail, account: "`+owner+`"}
  - {lookup: accounts}
  - {user: "*@example.net", upstream: mail, account: "`+owner+`"}
`)
}

// firstID logs in and gives the first unique-id, which tells the maildrop.
func firstID(t *testing.T, b *bridge.Bridge, user string) string {
	t.Helper()
	c := bridge.Login(t, b.Address("pop3"), user, password)
	defer c.Quit()
	return c.UniqueIDs()[0]
}

// tried is what any directory has to give: an answer, none, and one that is wrong.
func tried(t *testing.T, b *bridge.Bridge) {
	t.Helper()
	if id := firstID(t, b, "bob@example.org"); !strings.HasPrefix(id, "lab-") {
		t.Errorf("the answer's maildrop is not the login's: unique-id %q", id)
	}
	if id := firstID(t, b, "none@example.net"); strings.HasPrefix(id, "lab-") {
		t.Errorf("without an answer the next route is not taken: unique-id %q", id)
	}
	b.Refused(t, "none@example.org", password, "[AUTH]")
	b.Refused(t, "refused@example.org", password, "[AUTH]")
	b.Refused(t, "wrong@example.org", password, "[SYS/PERM]")
	b.AwaitLine("wrong@example.org", "nwe", "is not in the configuration, which has [mail third]")
}

// hostile are names that mean something to a query, a filter, a path or an address.
// None of them may find an entry.
func hostile(t *testing.T, b *bridge.Bridge) {
	t.Helper()
	for _, name := range []string{
		"*", "b*b", "bob)(mail=*", "bob)(|(mail=*", `bob\2a`, "o'brien' OR '1'='1", `bob" OR ""="`, "bob'; DROP TABLE customers; --", "bob`", "$1",
		"../bob", "..%2f..%2fbob", "%62ob", "bob&account=bob", "bob?", "bob#", "{user}",
	} {
		b.Refused(t, name+"@example.org", password, "[AUTH]")
	}
}

// gone: a directory that cannot be asked refuses for now, and no other route is taken;
// routes before it go on.
func gone(t *testing.T, b *bridge.Bridge, says string) {
	t.Helper()
	b.Refused(t, "other@example.net", password, "[SYS/TEMP]")
	b.AwaitLine("other@example.net", "lookup", says)
	firstID(t, b, "fixed@example.org")
	if id := firstID(t, b, "bob@example.org"); !strings.HasPrefix(id, "lab-") {
		t.Errorf("what was learned is not used while the directory is away: unique-id %q", id)
	}
}

func TestFile(t *testing.T) {
	imap := bridge.Demo(t, 2)
	path := filepath.Join(t.TempDir(), "accounts")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bob@example.org upstream=mail account=" + owner + " maildrop=lab\nrefused@example.org action=refuse\nwrong@example.org upstream=nwe\n" +
		"host@example.org upstream=third host=" + imap + " account=" + owner + "\n")
	b := bridge.Start(t, config(imap, bridge.Demo(t, 5), "    source: "+path)+bridge.State("sqlite", filepath.Join(t.TempDir(), "state.db")), password)
	tried(t, b)
	hostile(t, b)
	c := bridge.Login(t, b.Address("pop3"), "host@example.org", password)
	if n := len(c.UniqueIDs()); n != 2 {
		t.Errorf("the answer's host has 2 messages, and the login gets %d", n)
	}
	c.Quit()

	shown := b.Command(0, "account", "show", "bob@example.org")
	bridge.Has(t, shown, "mail", owner, "lab")
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	bridge.Has(t, b.Command(0, "check", "--connect", "--account", "host@example.org", "--password-file", secret), "route[1] (upstream third as "+owner)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	// A file is looked at once a second; what it has said before counts for stale.
	if id := firstID(t, b, "bob@example.org"); !strings.HasPrefix(id, "lab-") {
		t.Errorf("unique-id %q", id)
	}
	write("carol@example.org upstream=mail account=" + owner + "\n")
	for c := bridge.Dial(t, b.Address("pop3")); ; c = bridge.Dial(t, b.Address("pop3")) {
		c.OK("USER carol@example.org")
		c.Send("PASS " + password + "\r\n")
		if strings.HasPrefix(c.Line(), "+OK") {
			c.Quit()
			break
		}
		c.Cut()
	}
}

func TestHTTP(t *testing.T) {
	imap := bridge.Demo(t, 2)
	var away atomic.Bool
	answers := map[string]string{
		"bob@example.org":     `{"upstream":"mail","account":"` + owner + `","maildrop":"lab"}`,
		"refused@example.org": `{"action":"refuse"}`,
		"wrong@example.org":   `{"upstream":"nwe"}`,
	}
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Query().Get("account")]
		switch {
		case away.Load():
			<-r.Context().Done() // it has taken the question, and says nothing
		case ok:
			fmt.Fprint(w, answer)
		default:
			http.NotFound(w, r)
		}
	}))
	defer directory.Close()
	b := bridge.Start(t, config(imap, imap, "    driver: http\n    timeout: 200ms\n    cache: 0s\n    negative_cache: 0s\n    source: "+directory.URL), password)
	tried(t, b)
	hostile(t, b)
	away.Store(true)
	gone(t, b, "no answer within 200ms")
	away.Store(false)
	tried(t, b)
}
