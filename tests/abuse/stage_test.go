package abuse_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	user     = "alice@example.org"
	password = "wonderland"
	// patience turns a hang into a failure; nothing is measured by it.
	patience = 60 * time.Second
	messages = 3
)

// stage is one popbridge with a listener of each kind: pop3 takes passwords as
// they come, stls only after STLS, both either way, tls begins with TLS.
type stage struct {
	*bridge.Bridge
	tls *tls.Config // trusts the listeners
}

func newStage(t testing.TB, extra string) *stage {
	t.Helper()
	return newStageAt(t, bridge.Demo(t, messages), extra)
}

// newStageAt is newStage in front of an IMAP server that is there already. Wrong
// passwords are neither counted nor answered late: tests here send many of them,
// all from one address.
func newStageAt(t testing.TB, imap, extra string) *stage {
	t.Helper()
	const patient = `limits: {failure_delay: "0s", failures_per_ip: 0, failures_per_account: 0`
	if others, ok := strings.CutPrefix(extra, "limits: {"); ok {
		extra = patient + ", " + others
	} else {
		extra += "\n" + patient + "}"
	}
	cert := servers.NewCertificate(t, t.TempDir())
	identity := fmt.Sprintf("certificate: %q, key: %q", cert.Cert, cert.Key)
	config := fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
  stls: {address: "127.0.0.1:0", tls: starttls, %[1]s}
  both: {address: "127.0.0.1:0", tls: starttls, plaintext_auth: true, %[1]s}
  tls: {address: "127.0.0.1:0", tls: implicit, %[1]s}
upstream:
  mail: {address: %[2]q, tls: none, reuse: 0s}
maildrop:
  default: {on_delete: hide, lock: device}
login: {device_separator: "+"}
state: {driver: memory}
%[3]s
`, identity, imap, extra)
	pem, err := os.ReadFile(cert.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &stage{
		Bridge: bridge.Start(t, config, append([]string{password}, bridge.Encodings(password)...)...),
		tls:    &tls.Config{RootCAs: roots, ServerName: "localhost"},
	}
}

// healthy is a session in which everything works.
func (s *stage) healthy(t testing.TB) {
	t.Helper()
	c := bridge.Login(t, s.Address("pop3"), "alice+healthy@example.org", password)
	c.OK("STAT")
	c.Message("RETR 1")
	c.Quit()
}

// settled waits until no more descriptors are open than before.
func (s *stage) settled(t testing.TB, before int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for s.Descriptors() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are open, there were %d", s.Descriptors(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
