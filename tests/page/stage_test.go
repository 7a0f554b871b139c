package page_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	owner, other        = "alice@example.org", "bob@example.org"
	secret, otherSecret = "pass word ALI", "pass word BOB"
	masterPassword      = "pass word MASTER"
	pagePassword        = "the page's own password"
	// secretsKey is 32 octets in hexadecimal digits.
	secretsKey = "8f0c1a5be2d34976a1b0c9d8e7f60514233241506f7e8d9cabbacbdcedfe0f10"
	refused    = "[AUTH]"
	// hostile is what a device may call itself; nothing of it may run.
	hostile = `<script>alert(1)</script>`
	// movers is how many accounts leave an old server.
	movers = 50
	// third is served by an access token, for which she has to agree.
	third = "carol@example.org"
)

// stage is one service that all cases share, with what stands behind it.
type stage struct {
	mail   *servers.Server
	bridge *bridge.Bridge
	config string
	grants *authserver.Server // what carol has to agree at
	trail  string             // its file
	root   string             // of the page
	movers []string           // lines of accounts with their passwords
}

// setStage begins with a Dovecot that is the old server, too: alice is served as its
// master user, bob with his own password, and all others from its POP3 side.
func setStage(t *testing.T) *stage {
	t.Helper()
	users := map[string]string{owner: secret, other: otherSecret}
	s := &stage{}
	for i := range movers {
		name := fmt.Sprintf("m%02d@example.org", i)
		users[name] = secret
		s.movers = append(s.movers, name+":"+secret)
	}
	often := "service pop3 {\n service_count = 0\n}\nservice imap {\n service_count = 0\n}\n"
	s.mail = servers.StartDovecot(t, servers.Dovecot{Users: users, Masters: map[string]string{"admin": masterPassword}, Extra: often})
	s.grants = authserver.New(t, time.Minute)
	tokens := s.grants.Dovecot("%u", third, third, "Subject: hers\r\n\r\nText.\r\n")
	s.root = fmt.Sprintf("http://127.0.0.1:%d", servers.FreePorts(t, 1)[0])
	password := put(t, "password", pagePassword+"\n")
	dir := filepath.Dir(password)
	s.trail = filepath.Join(dir, "audit.jsonl")
	s.config = fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: %[1]q, tls: none, auth: master, master_user: admin, master_password: %[2]q}
  own: {address: %[1]q, tls: none}
  old: {address: %[3]q, tls: none, protocol: pop3}
  cloud: {address: %[4]q, tls: none, reuse: 0s, auth: oauth2, oauth2: {flow: code, auth_url: "%[5]s/authorize", token_url: "%[5]s/oauth/token", client_id: %[6]s, client_secret: %[7]s, scopes: [openid, offline_access]}}
route:
  - {user: %[8]q, upstream: mail, login: either}
  - {user: %[9]q, upstream: own}
  - {user: %[10]q, upstream: cloud, login: device}
  - {upstream: old}
maildrop:
  default: {on_delete: trash}
state: {driver: sqlite, source: %[11]q, secrets_key: %[12]s}
login: {device_separator: "+"}
limits: {failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}
audit: {path: %[13]q}
admin: {address: %[14]q, password_file: %[15]q, url: "http://%[14]s/"}
`, s.mail.IMAP, masterPassword, s.mail.POP3, tokens.IMAP, s.grants.URL, authserver.ClientID, authserver.ClientSecret, owner, other, third,
		filepath.Join(dir, "state.db"), secretsKey, s.trail, strings.TrimPrefix(s.root, "http://"), password)
	s.bridge = bridge.Start(t, s.config, secret, otherSecret, masterPassword, pagePassword, secretsKey, authserver.ClientSecret)
	return s
}

// put writes a file that nobody else reads.
func put(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
