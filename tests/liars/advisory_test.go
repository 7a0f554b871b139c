package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// advisory is something that popbridge asks a server for, and can do without.
type advisory struct {
	name    string
	on      string // what the commands hold that are refused
	several bool   // the maildrop shows several mailboxes
	before  bool   // a session without the refusal goes first
	rules   []liars.Rule
	lasting int // how often it is asked for in three sessions, where the refusal lasts
	passing int // and where it may pass
}

var advisories = []advisory{
	{name: "NAMESPACE", on: "NAMESPACE", lasting: 1, passing: 3},
	{name: "CONDSTORE", on: "(CONDSTORE)", lasting: 1, passing: 3},
	{name: "SPECIAL-USE", on: "RETURN (SPECIAL-USE)", lasting: 1, passing: 3},
	{name: "SPECIAL-USE of patterns", on: "RETURN (SPECIAL-USE)", several: true, before: true, lasting: 1, passing: 3},
	{name: "ID before the login", on: `ID ("name" "popbridge" "x-originating-ip"`, lasting: 3, passing: 3},
	{name: "ID behind the login", on: `ID ("name" "popbridge" "vendor"`, lasting: 3, passing: 3},
	{name: "CAPABILITY behind the login", on: "CAPABILITY", rules: []liars.Rule{liars.Always("AUTHENTICATE", silentLogin)}, lasting: 3, passing: 3},
	{name: "RETURN of SEARCH", on: "SEARCH RETURN", before: true, lasting: 1, passing: 3},
	{name: "HIGHESTMODSEQ of STATUS", on: "HIGHESTMODSEQ", several: true, before: true, lasting: 6, passing: 6}, // of each mailbox
	{name: "STATUS", on: "STATUS", several: true, before: true, lasting: 6, passing: 6},
	{name: "EMAILID", on: "EMAILID", several: true, lasting: 1, passing: 3},
}

// silentLogin logs in without naming capabilities.
func silentLogin(x *liars.Exchange) {
	answer := x.Carry()
	if from, to := strings.Index(answer, "[CAPABILITY"), strings.Index(answer, "] "); from >= 0 {
		answer = answer[:from] + answer[to+len("] "):]
	}
	x.Send(answer)
}

// TestAdvisoryRefused: whatever a server says to a question that nothing depends on,
// the device is served. A refusal that lasts is remembered for the upstream, and one
// that may pass is not: the next connection asks again.
func TestAdvisoryRefused(t *testing.T) {
	t.Parallel()
	wordings := []struct {
		says    string
		lasting bool
	}{
		{"NO", true},
		{"BAD", true},
		{"NO [CANNOT]", true},
		{"NO [SERVERBUG]", false},
		{"NO [NOPERM]", false},
		{"NO [UNAVAILABLE]", false},
		{"NO [LIMIT]", false},
		{"BAD [SERVERBUG]", false},
		{"NO Server busy, try again later", false},
	}
	var ups, routes strings.Builder
	var servers []*liars.Server
	for range wordings {
		for _, a := range advisories {
			caps := []string{"UIDPLUS", "MOVE", "SPECIAL-USE", "LIST-EXTENDED", "ID", "ESEARCH", "OBJECTID"}
			if !strings.Contains(a.on, "SEARCH") {
				caps = append(caps, "CONDSTORE") // which spares the search for flags
			}
			server := liars.New(t, liars.Options{Caps: caps})
			n, drop := len(servers), "one"
			if a.several {
				drop = "several"
			}
			servers = append(servers, server)
			fmt.Fprintf(&ups, "  u%d: {address: %q, tls: none, reuse: 0s, send_client_ip: true}\n", n, server.Address())
			fmt.Fprintf(&routes, "  - {user: \"*@u%d.test\", upstream: u%d, maildrop: %s}\n", n, n, drop)
		}
	}
	s := &stage{Bridge: bridge.Start(t, "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n"+
		"limits: {connections_per_ip: 1000, failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\nstate: {driver: memory}\n"+
		"upstream:\n"+ups.String()+
		"maildrop:\n  one: {on_delete: trash, lock: none}\n  several: {mailbox: [INBOX, \"A*\"], on_delete: trash, lock: none}\n"+
		"route:\n"+routes.String(), liars.Password), t: t}
	for i, w := range wordings {
		for j, a := range advisories {
			n := i*len(advisories) + j
			t.Run(a.name+": "+w.says, func(t *testing.T) {
				server, want, messages := servers[n], a.passing, "4 "
				if w.lasting {
					want = a.lasting
				}
				if a.several {
					messages = "5 "
				}
				if a.before {
					s.loginAs(t, fmt.Sprintf("alice@u%d.test", n)).Quit()
				}
				server.Lie(append(a.rules, liars.Always(a.on, liars.Say("{tag} "+w.says+" "+liars.Words+"\r\n")))...)
				before := len(server.Commands())
				for range 3 {
					d := s.loginAs(t, fmt.Sprintf("alice@u%d.test", n))
					if got := d.OK("STAT"); !strings.HasPrefix(got, messages) {
						t.Errorf("STAT: %q", got)
					}
					d.Quit()
				}
				asked := 0
				for _, c := range server.Commands()[before:] {
					if strings.Contains(c, a.on) {
						asked++
					}
				}
				if asked != want {
					t.Errorf("%s was asked for %d times, want %d: %q", a.on, asked, want, server.Commands()[before:])
				}
			})
		}
	}
}
