package public_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestOldUpstreams: a server that knows TLS 1.0 and RSA alone is spoken with where
// the operator asks for it, and its certificate is checked all the same.
func TestOldUpstreams(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mine, other := filepath.Join(dir, "mine.pem"), filepath.Join(dir, "other.pem")
	put(t, mine, certify(t, "localhost", rsaKey))
	put(t, other, certify(t, "localhost", rsaKey))
	pair, err := tls.LoadX509KeyPair(mine, mine)
	if err != nil {
		t.Fatal(err)
	}
	old := &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA},
	}
	for _, way := range []string{"implicit", "starttls"} {
		server := liars.New(t, liars.Options{TLS: old, Implicit: way == "implicit", Caps: []string{"STARTTLS"}})
		_, port, err := net.SplitHostPort(server.Address())
		if err != nil {
			t.Fatal(err)
		}
		for _, try := range []struct{ profile, anchor, want string }{
			{"modern", mine, "-ERR [SYS/"}, {"legacy", other, "-ERR [SYS/PERM]"}, {"legacy", mine, "+OK "},
		} {
			b := bridge.Start(t, fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: "localhost:%s", tls: %s, tls_profile: %s, ca_file: %q}
maildrop:
  default: {on_delete: expunge}
state: {driver: memory}
`, port, way, try.profile, try.anchor), liars.Password)
			c := bridge.Dial(t, b.Address("pop3"))
			c.OK("USER " + user)
			c.Send("PASS " + liars.Password + "\r\n")
			if got := c.Line(); !strings.HasPrefix(got, try.want) {
				t.Errorf("%s, %s: %q, want %q", way, try.profile, got, try.want)
			}
			c.Cut()
		}
	}
}
