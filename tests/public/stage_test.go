package public_test

import (
	"fmt"
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
)

// start runs popbridge in front of an IMAP server: pop3 takes passwords as they
// come, tls begins with TLS. listener holds more keys of each of them.
func start(t testing.TB, imap, listener, extra string) *bridge.Bridge {
	t.Helper()
	cert := servers.NewCertificate(t, t.TempDir())
	return bridge.Start(t, fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true%[1]s}
  tls: {address: "127.0.0.1:0", tls: implicit, certificate: %[2]q, key: %[3]q%[1]s}
upstream:
  mail: {address: %[4]q, tls: none, reuse: 0s}
maildrop:
  default: {on_delete: hide, lock: none}
state: {driver: memory}
%[5]s
`, listener, cert.Cert, cert.Key, imap, extra), password)
}
