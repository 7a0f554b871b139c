package logins_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// secretsKey is 32 octets in hexadecimal digits, which two proxies share.
const secretsKey = "8f0c1a5be2d34976a1b0c9d8e7f60514233241506f7e8d9cabbacbdcedfe0f10"

// masterDovecot is a Dovecot with so many messages for alice, and a master user,
// who may open every mailbox.
func masterDovecot(t testing.TB, messages int) *servers.Server {
	t.Helper()
	d := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: userPassword}, Masters: map[string]string{"admin": masterPassword}})
	w := servers.Dial(t, d.IMAP, alice, userPassword)
	for i := range messages {
		w.Append(fmt.Appendf(nil, "From: bob@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: %[1]d\r\n\r\nText %[1]d.\r\n", i+1))
	}
	return d
}

// plan says how a stage for device passwords differs from one with a single route
// that takes nothing else, and a ledger of its own.
type plan struct {
	login    string // the route's; device
	onDelete string // hide
	postgres string // the connection string of a ledger that is shared
	listener string // more keys of it, each with a comma before it
	log      string // the log's level; trace
	more     string // top-level blocks
}

// devices starts popbridge in front of a server that it enters as its master user.
// What devices prove with APOP is taken too.
func devices(t testing.TB, imap string, p plan) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	s.hide(masterPassword, userPassword, secretsKey)
	driver, source := "sqlite", filepath.Join(s.dir, "state.db")
	if p.postgres != "" {
		driver, source = "postgres", p.postgres
	}
	s.config = fmt.Sprintf(`log: {level: %s}
state: {driver: %s, source: %q, secrets_key: %s}
login: {device_separator: "+"}
listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true, apop: true%s}
upstream:
  mail: {address: %q, tls: none, auth: master, master_user: admin, master_password: %q}
maildrop:
  default: {on_delete: %s}
route: [{login: %s}]
%s
limits: {failure_delay: "0s", failures_per_ip: 0, failures_per_account: 0}
`, cmp.Or(p.log, "trace"), driver, source, secretsKey, p.listener, imap, masterPassword, cmp.Or(p.onDelete, "hide"), cmp.Or(p.login, "device"), p.more)
	s.write("popbridge.yaml", s.config)
	s.start()
	if p.postgres == "" {
		t.Cleanup(s.search)
	}
	return s
}

// give makes a password for a device of alice's.
func (s *stage) give(device string, flags ...string) string {
	s.t.Helper()
	out := s.command(0, append([]string{"account", "device", "add", alice, device, "--password", "--json"}, flags...)...)
	var made struct{ Account, Device, Password string }
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Account != alice || made.Device != device || len(made.Password) != 28 {
		s.t.Fatalf("a password that was made: %v: %s", err, out)
	}
	s.hide(made.Password)
	return made.Password
}

// sees is a session that lists so many messages.
func (s *stage) sees(login, password string, messages int) {
	s.t.Helper()
	c := bridge.Login(s.t, s.Address("pop3"), login, password)
	if got := len(c.Lines("LIST")); got != messages {
		s.t.Errorf("%s sees %d messages, want %d", login, got, messages)
	}
	c.Quit()
}
