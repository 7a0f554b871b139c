package public_test

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestExternal: a device's certificate is its login, as the account that it names
// and no other, where an authority signed it that the listener names, and where
// popbridge logs in upstream by itself.
func TestExternal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pairs := make(map[string]tls.Certificate)
	var trusted []byte
	for _, name := range []string{user, "bob@elsewhere.example", "stranger@example.org"} {
		text := certify(t, name, ecKey)
		pair, err := tls.X509KeyPair(text, text)
		if err != nil {
			t.Fatal(err)
		}
		pairs[name] = pair
		if !strings.HasPrefix(name, "stranger") {
			trusted = append(trusted, text...)
		}
	}
	server, devices := filepath.Join(dir, "server.pem"), filepath.Join(dir, "devices.pem")
	put(t, server, certify(t, "localhost", ecKey))
	put(t, devices, trusted)
	upstream := liars.New(t, liars.Options{})
	b := bridge.Start(t, fmt.Sprintf(`listener:
  tls: {address: "127.0.0.1:0", tls: implicit, certificates: [%[1]q], client_ca_file: %[2]q}
  stls: {address: "127.0.0.1:0", tls: starttls, certificates: [%[1]q], client_ca_file: %[2]q}
  none: {address: "127.0.0.1:0", tls: implicit, certificates: [%[1]q]}
upstream:
  mail: {address: %[3]q, tls: none, auth: master, master_user: root, master_password: %[4]q}
  own: {address: %[3]q, tls: none}
maildrop:
  default: {on_delete: hide}
route:
  - {user: "*@example.org", upstream: mail, login: device}
  - {user: "*", upstream: own}
limits: {failure_delay: "0s"}
state: {driver: sqlite, source: %[5]q}
`, server, devices, upstream.Address(), liars.Password, filepath.Join(dir, "state.db")), liars.Password)
	connect := func(listener, as string) *bridge.Client {
		t.Helper()
		config := &tls.Config{InsecureSkipVerify: true}
		if as != "" {
			config.Certificates = []tls.Certificate{pairs[as]}
		}
		nc := bridge.Connect(t, "127.0.0.1", b.Address(listener))
		if listener == "stls" {
			c := bridge.Use(t, nc)
			c.Expect("+OK")
			if lines := c.Lines("CAPA"); slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "EXTERNAL") }) {
				t.Errorf("before TLS EXTERNAL is announced: %q", lines)
			}
			c.Err("AUTH EXTERNAL =")
			c.OK("STLS")
			c.StartTLS(config)
			return c
		}
		c := bridge.Use(t, tls.Client(nc, config))
		c.Expect("+OK")
		return c
	}
	offered := func(c *bridge.Client) bool {
		return slices.ContainsFunc(c.Lines("CAPA"), func(l string) bool { return strings.HasPrefix(l, "SASL ") && strings.Contains(l, "EXTERNAL") })
	}
	named := base64.StdEncoding.EncodeToString([]byte(user))
	for _, listener := range []string{"tls", "stls"} {
		for _, command := range []string{"AUTH EXTERNAL =", "AUTH EXTERNAL " + named, "AUTH EXTERNAL"} {
			c := connect(listener, user)
			if !offered(c) {
				t.Errorf("%s: EXTERNAL is not announced to a device with a certificate", listener)
			}
			c.Send(command + "\r\n")
			if command == "AUTH EXTERNAL" {
				c.Expect("+ ")
				c.Send("\r\n")
			}
			if got := c.Line(); !strings.HasPrefix(got, "+OK ") {
				t.Fatalf("%s, %s: %q", listener, command, got)
			}
			c.Quit()
		}
	}
	if n := len(upstream.Commands()); n == 0 {
		t.Error("nobody logged in upstream")
	}
	c := connect("tls", user)
	if got := c.Err("AUTH EXTERNAL " + base64.StdEncoding.EncodeToString([]byte("carol@example.org"))); got != "[AUTH] authentication failed" {
		t.Errorf("as another account: %q", got)
	}
	// Where the upstream looks at passwords, a certificate opens nothing.
	c = connect("tls", "bob@elsewhere.example")
	if got := c.Err("AUTH EXTERNAL ="); got != "[AUTH] authentication failed" {
		t.Errorf("by a route that passes passwords on: %q", got)
	}
	if wrong := wrongLogins(t, upstream); len(wrong) > 0 {
		t.Errorf("an upstream was asked with a password that nobody gave: %v", wrong)
	}
	for listener, as := range map[string]string{"tls": "", "none": user} {
		c := connect(listener, as)
		if offered(c) {
			t.Errorf("%s: EXTERNAL is announced to a device without a certificate that counts", listener)
		}
		c.Err("AUTH EXTERNAL =")
		c.Quit()
	}
	tc := tls.Client(bridge.Connect(t, "127.0.0.1", b.Address("tls")), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pairs["stranger@example.org"]}})
	if said := bridge.Everything(t, tc); said != "" {
		t.Errorf("a stranger's certificate: %q", said)
	}
}
