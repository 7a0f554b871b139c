package public_test

import (
	"fmt"
	"io"
	"net"
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

// demo runs the embedded IMAP server and gives its address.
func demo(t testing.TB) string {
	t.Helper()
	d := bridge.Run(t, []string{"demo", "--listen", "127.0.0.1:0", "--imap-listen", "127.0.0.1:0", "--messages", "3"})
	d.Await("password: ")
	return bridge.DemoIMAP(d)
}

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

// dialFrom connects from an address of loopback, and takes no greeting.
func dialFrom(t testing.TB, ip, address string) *net.TCPConn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
	nc, err := d.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return nc.(*net.TCPConn)
}

// everything reads until the connection ends, however it does.
func everything(t testing.TB, nc net.Conn) string {
	all, err := io.ReadAll(nc)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Errorf("the connection was not closed; it said %.200q", all)
	}
	return string(all)
}
