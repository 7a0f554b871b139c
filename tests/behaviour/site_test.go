package behaviour_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// site is one kind of upstream with what is particular about it.
type site struct {
	kind string
	// trash and archive are the mailboxes that those actions move to; present
	// says that they are there before the proxy comes.
	trash, archive string
	present        bool
	// junk is the mailbox with the special use, empty where there is none.
	junk string
	// below is what a name of a mailbox begins with on this server.
	below string
	// expunges is false where the server announces no UIDPLUS: what is removed
	// stays, marked \Deleted.
	expunges bool
	// refuses names the messages of the corpus that the server does not store,
	// with the reason.
	refuses map[string]string

	// state is the configuration's state block; empty is SQLite.
	state string

	boot   func(testing.TB, *site)
	server *servers.Server // nil for the embedded one
	used   int
}

// account is one user of a site, with an empty INBOX.
type account struct {
	*site
	imap, login, password string
	w                     *servers.Witness
}

// accountsOfASite is how many cases a site can serve.
const accountsOfASite = 40

func password(user string) string { return "pass word " + strings.ToUpper(user[:3]) }

func people() map[string]string {
	users := make(map[string]string, accountsOfASite)
	for _, name := range names() {
		users[name] = password(name)
	}
	return users
}

func names() []string {
	list := make([]string, accountsOfASite)
	for i := range list {
		list[i] = fmt.Sprintf("u%02d@example.org", i)
	}
	return list
}

// fewMailboxes spares Cyrus the making of mailboxes that no case looks at, which
// is most of the time that it takes to start.
var fewMailboxes = map[string]string{
	"autocreate_inbox_folders": "Trash|Archive|Junk", "autocreate_subscribe_folders": "Trash",
}

// sites lists the kinds; boot starts a kind's server.
func sites() []*site {
	return []*site{
		{kind: "embedded", trash: "Trash", archive: "Archive", junk: "Junk", present: true, expunges: true},
		{
			kind: "dovecot", trash: "Trash", archive: "Archive", junk: "Junk", present: true, expunges: true, refuses: dovecotRefuses,
			boot: func(t testing.TB, s *site) { s.server = servers.StartDovecot(t, servers.Dovecot{Users: people()}) },
		},
		{
			kind: "dovecot, state in PostgreSQL", trash: "Trash", archive: "Archive", junk: "Junk", present: true, expunges: true, refuses: dovecotRefuses,
			boot: func(t testing.TB, s *site) {
				s.server = servers.StartDovecot(t, servers.Dovecot{Users: people()})
				s.state = bridge.State("postgres", servers.StartPostgres(t).DSN)
			},
		},
		{
			kind: "dovecot-plain", trash: "Trash", archive: "Archive", refuses: dovecotRefuses,
			boot: func(t testing.TB, s *site) {
				s.server = servers.StartDovecot(t, servers.Dovecot{Users: people(), Capability: servers.Plain, NoSpecialUse: true})
			},
		},
		{
			kind: "cyrus", trash: "Trash", archive: "Archive", junk: "Junk", present: true, expunges: true, refuses: cyrusRefuses,
			boot: func(t testing.TB, s *site) {
				s.server = servers.StartCyrus(t, servers.Cyrus{Users: people(), Settings: fewMailboxes})
			},
		},
		{
			kind: "courier", trash: "INBOX.Trash", archive: "INBOX.Archive", below: "INBOX.", expunges: true,
			boot: func(t testing.TB, s *site) {
				s.server = servers.StartCourier(t, servers.Courier{Users: people()})
			},
		},
	}
}

// account gives a user whom no other case has. The embedded server has one user
// only, so each case there starts a demo of its own and empties its INBOX.
func (s *site) account(t testing.TB) *account {
	t.Helper()
	if s.server == nil {
		a := &account{site: s, imap: bridge.Demo(t, 1), login: "alice@example.org", password: "wonderland"}
		a.w = servers.Dial(t, a.imap, a.login, a.password)
		a.w.Clear("INBOX")
		return a
	}
	if s.used == accountsOfASite {
		t.Fatalf("all %d accounts are used: raise accountsOfASite", s.used)
	}
	user := names()[s.used]
	s.used++
	a := &account{site: s, imap: s.server.IMAP, login: user, password: password(user)}
	a.w = servers.Dial(t, a.imap, a.login, a.password)
	return a
}

// fill puts n small messages into INBOX and gives their octets.
func (a *account) fill(n int) [][]byte {
	messages := servers.Messages(n)
	a.w.Fill("INBOX", messages)
	return messages
}

// serve runs popbridge in front of the account, with these keys of its maildrop.
func (a *account) serve(t testing.TB, keys ...string) *bridge.Bridge {
	t.Helper()
	return a.serveWith(t, maildrop("default", keys...))
}

// serveWith is serve with whole blocks of the configuration.
func (a *account) serveWith(t testing.TB, blocks string) *bridge.Bridge {
	t.Helper()
	return bridge.Start(t, bridge.YAML(a.imap, "none", "", blocks+a.state), a.password)
}

func maildrop(name string, keys ...string) string {
	if len(keys) == 0 {
		return ""
	}
	return "maildrop:\n  " + name + ":\n    " + strings.Join(keys, "\n    ") + "\n"
}

// device logs in as the account's owner does.
func (a *account) device(t testing.TB, b *bridge.Bridge) *bridge.Client {
	t.Helper()
	return bridge.Login(t, b.Address("pop3"), a.login, a.password)
}

// named logs in as a device of the account: the name goes behind the domain.
func (a *account) named(t testing.TB, b *bridge.Bridge, device string) *bridge.Client {
	t.Helper()
	return bridge.Login(t, b.Address("pop3"), a.login+"+"+device, a.password)
}

// embedded is an account on a server of its own, for what does not depend on
// the kind of server.
func embedded(t testing.TB) *account { return sites()[0].account(t) }
