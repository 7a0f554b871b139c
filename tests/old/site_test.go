package old

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// site is a popbridge in front of an old server, with a ledger that outlives it.
type site struct {
	t      *testing.T
	config string
	*bridge.Bridge
}

// newSite starts popbridge for upstream "old" at an address. upstream and maildrop
// are more keys, in YAML's flow form; an upstream without any is spoken to in plain
// text.
func newSite(t *testing.T, address, upstream, maildrop string) *site {
	t.Helper()
	if upstream == "" {
		upstream = ", tls: none"
	}
	login := "upstream"
	if strings.Contains(upstream, "auth: master") {
		login = "either" // devices go on with their own passwords
	}
	config := fmt.Sprintf(`listener: {pop3: {address: "127.0.0.1:0", plaintext_auth: true}}
state: {source: %q}
upstream: {old: {address: %q, protocol: pop3%s}}
maildrop: {default: {on_retrieve: nothing%s}}
route: [{upstream: old, login: %s}]
log: {level: debug}
`, filepath.Join(t.TempDir(), "state.db"), address, upstream, maildrop, login)
	s := &site{t: t, config: config}
	s.start()
	return s
}

func (s *site) start() {
	s.t.Helper()
	s.Bridge = bridge.Start(s.t, s.config)
}

// restart ends the process as kill -9 does, and starts another on the same ledger.
func (s *site) restart() {
	s.t.Helper()
	s.Kill()
	s.start()
}

func (s *site) login(user, password string) *bridge.Client {
	s.t.Helper()
	return bridge.Login(s.t, s.Address("pop3"), user, password)
}

// alice logs in to a scripted server.
func (s *site) alice() *bridge.Client {
	s.t.Helper()
	return s.login("alice", liars.Password)
}

// command runs popbridge with this site's configuration and gives what it prints.
func (s *site) command(args ...string) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(bridge.Binary(s.t), append(args, "--config", s.Config)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("popbridge %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// user is one of the users that every server has.
func user() (login, password string) {
	for login, password = range servers.Users() {
		if strings.HasPrefix(login, "alice") {
			break
		}
	}
	return login, password
}
