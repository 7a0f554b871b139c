package logins_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const alice = "alice@example.org"

const message = "From: bob@example.org\r\nTo: alice@example.org\r\nSubject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nText.\r\n"

// stage is a popbridge whose ledger and key for secrets outlast it.
type stage struct {
	*bridge.Bridge
	t       testing.TB
	dir     string
	config  string
	secrets []string // what no output and no file may hold in clear
	said    string   // by processes that have ended
}

// newStage writes the key for secrets and starts popbridge. The upstream's keys
// stand below it in YAML's flow style; a route takes everybody there.
func newStage(t testing.TB, imap, upstreamKeys, login string, secrets ...string) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	key := bridge.Run(t, []string{"secrets", "key"})
	if code := key.Wait(); code != 0 {
		t.Fatalf("secrets key ended with %d", code)
	}
	text := strings.TrimSpace(key.Output())
	s.hide(append(secrets, text)...)
	s.secrets = append(s.secrets, "eyJhbGciOi") // how every access token here begins
	s.write("secrets_key", text+"\n")
	s.config = fmt.Sprintf(`log: {level: trace}
state: {source: %q, secrets_key_file: %q}
login: {device_separator: "+"}
listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: %q, tls: none, %s}
maildrop:
  default: {on_delete: hide}
route: [{login: %s}]
limits: {failures_per_ip: 0, failures_per_account: 0, failure_delay: 0s}
`, filepath.Join(s.dir, "state.db"), filepath.Join(s.dir, "secrets_key"), imap, upstreamKeys, login)
	s.write("popbridge.yaml", s.config)
	s.start()
	t.Cleanup(s.search)
	return s
}

// start starts popbridge with the same ledger.
func (s *stage) start() {
	s.t.Helper()
	s.Bridge = bridge.Start(s.t, s.config, s.secrets...)
}

// stop ends it in good order.
func (s *stage) stop() {
	s.t.Helper()
	s.Signal(os.Interrupt)
	if code := s.Wait(); code != 0 {
		s.t.Errorf("popbridge ended with %d", code)
	}
	s.said += s.Output()
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// hide makes texts secrets, in clear and in base64.
func (s *stage) hide(texts ...string) {
	for _, text := range texts {
		s.secrets = append(s.secrets, text)
		s.secrets = append(s.secrets, bridge.Encodings(text)...)
	}
}

// search looks for secrets in what popbridge has said, and in its ledger.
func (s *stage) search() {
	files, err := filepath.Glob(filepath.Join(s.dir, "state.db*"))
	if err != nil || len(files) == 0 {
		s.t.Errorf("there is no ledger to look into: %v", err)
	}
	texts := map[string]string{"the output": s.said + s.Output()}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			s.t.Error(err)
		}
		texts[file] = string(data)
	}
	for where, text := range texts {
		for _, secret := range s.secrets {
			if strings.Contains(text, secret) {
				s.t.Errorf("%s holds the secret %q", where, secret)
			}
		}
	}
}

// command runs a command beside the service and gives its output.
func (s *stage) command(code int, args ...string) string {
	s.t.Helper()
	return s.Command(code, args...)
}

// devicePassword makes one for a device of alice's.
func (s *stage) devicePassword(device string) string {
	s.t.Helper()
	var made struct{ Password string }
	out := s.command(0, "account", "device", "add", alice, device, "--password", "--json")
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Password == "" {
		s.t.Fatalf("a device password: %v: %s", err, out)
	}
	s.hide(made.Password)
	return made.Password
}

// authorize is the operator who runs the command and the owner who agrees, signed
// in as a user; it gives the exit code and what the command said.
func (s *stage) authorize(a *authserver.Server, user string) (code int, output string) {
	s.t.Helper()
	c := bridge.Run(s.t, []string{"account", "authorize", alice, "--config", filepath.Join(s.dir, "popbridge.yaml")})
	c.Await("This command waits for it.")
	a.Enter(c.Output(), user)
	code = c.Wait()
	s.said += c.Output()
	return code, c.Output()
}

// reads is one session that sees the one message there is.
func (s *stage) reads(login, password string) {
	s.t.Helper()
	c := bridge.Login(s.t, s.Address("pop3"), login, password)
	if got := string(c.Message("RETR 1")); got != message {
		s.t.Errorf("RETR 1 gives %q", got)
	}
	c.Quit()
}

// refused is a login that has to fail with a code.
func (s *stage) refused(login, password, code string) {
	s.t.Helper()
	s.Refused(s.t, login, password, code)
}

// logged fails where no line of a server's log has all the texts.
func logged(t testing.TB, s *servers.Server, texts ...string) {
	t.Helper()
	data, err := os.ReadFile(s.Log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(line, text)
		}
		if all {
			return
		}
	}
	t.Errorf("no line of %s's log has %q", s.Name, texts)
}
