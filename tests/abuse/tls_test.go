package abuse_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestTLSOffers: which TLS a device may come with, at once and by STLS.
func TestTLSOffers(t *testing.T) {
	s := newStage(t, "limits: {connections_per_ip: 1000}")
	before := s.Descriptors()
	rsa := []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	for _, offer := range []struct {
		name   string
		change func(*tls.Config)
		proto  string
		fails  bool
	}{
		{name: "as it comes", change: func(*tls.Config) {}},
		{name: "ALPN pop3", change: func(c *tls.Config) { c.NextProtos = []string{"pop3"} }, proto: "pop3"},
		{name: "ALPN pop3 among others", change: func(c *tls.Config) { c.NextProtos = []string{"h2", "imap", "pop3"} }, proto: "pop3"},
		{name: "ALPN h2", change: func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, fails: true},
		{name: "ALPN http/1.1", change: func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }, fails: true},
		{name: "ALPN imap", change: func(c *tls.Config) { c.NextProtos = []string{"imap"} }, fails: true},
		{name: "ALPN POP3", change: func(c *tls.Config) { c.NextProtos = []string{"POP3"} }, fails: true},
		{name: "TLS 1.3", change: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }},
		{name: "TLS 1.2", change: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{name: "TLS 1.1", change: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, fails: true},
		{name: "TLS 1.0", change: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, fails: true},
		{name: "RSA key exchange", change: func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, rsa }, fails: true},
		{name: "CBC", change: func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		}, fails: true},
	} {
		for _, listener := range []string{"tls", "stls"} {
			config := s.tls.Clone()
			offer.change(config)
			nc := bridge.Connect(t, "", s.Address(listener))
			if listener == "stls" {
				_, _ = io.WriteString(nc, "STLS\r\n")
				for range 2 {
					readLine(t, nc)
				}
			}
			tc := tls.Client(nc, config)
			err := tc.Handshake()
			if (err != nil) != offer.fails {
				t.Errorf("%s on %s: the handshake gives %v", offer.name, listener, err)
			}
			if err == nil {
				if got := tc.ConnectionState().NegotiatedProtocol; got != offer.proto {
					t.Errorf("%s on %s: ALPN gives %q", offer.name, listener, got)
				}
				_, _ = io.WriteString(tc, "QUIT\r\n")
				if said := bridge.Everything(t, tc); !strings.HasSuffix(said, "+OK bye\r\n") {
					t.Errorf("%s on %s: QUIT is answered with %q", offer.name, listener, said)
				}
			}
			_ = nc.Close()
		}
	}
	s.settled(t, before)
}

// TestPlainOnATLSPort: a device that speaks plain POP3, or waits for its greeting, where
// TLS comes first, is told of in the log with what to do.
func TestPlainOnATLSPort(t *testing.T) {
	s := newStage(t, "limits: {login_timeout: 1s}")
	nc := bridge.Connect(t, "", s.Address("tls"))
	_, _ = io.WriteString(nc, "CAPA\r\n")
	s.AwaitLine("[WARN]", "the device speaks plain POP3 on a port that begins with TLS", `tls = "starttls"`, "listener=tls")
	_ = nc.Close()
	nc = bridge.Connect(t, "", s.Address("tls"))
	s.AwaitLine("[INFO]", "it may wait for the greeting of plain POP3")
	_ = nc.Close()
	if strings.Contains(s.Output(), "TLS handshake failed: ") {
		t.Errorf("the log says it twice:\n%s", s.Output())
	}
}

func readLine(t testing.TB, r io.Reader) string {
	t.Helper()
	var line []byte
	for octet := make([]byte, 1); !strings.HasSuffix(string(line), "\n"); line = append(line, octet[0]) {
		if _, err := r.Read(octet); err != nil {
			t.Fatalf("after %q: %v", line, err)
		}
	}
	return string(line)
}

// TestInjection: nothing said before TLS is heard after it (CVE-2011-0411), and
// plain text on a TLS port gets nothing.
func TestInjection(t *testing.T) {
	s := newStage(t, "limits: {connections_per_ip: 1000}")
	before := s.Descriptors()
	for _, injected := range []string{
		"NOOP\r\n", "CAPA\r\n", "USER alice@example.org\r\nPASS wonderland\r\nDELE 1\r\nQUIT\r\n", "USER mallory\r\n", strings.Repeat("X", 20_000) + "\r\n", "\x16", "\n", "QUIT",
	} {
		nc := bridge.Connect(t, "", s.Address("both"))
		_, _ = io.WriteString(nc, "USER eve@example.org\r\nSTLS\r\n"+injected)
		for _, want := range []string{"+OK popbridge ready", "+OK send PASS", "+OK begin TLS"} {
			if got := readLine(t, nc); !strings.HasPrefix(got, want) {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		tc := tls.Client(nc, s.tls)
		if err := tc.Handshake(); err != nil {
			// What came later than STLS itself is taken for a handshake, which
			// it is not.
			continue
		}
		c := bridge.Use(t, tc)
		// What was gathered in plain text is forgotten, and answered by nobody.
		if got := c.Err("PASS wonderland"); !strings.Contains(got, "USER first") {
			t.Errorf("%.20q: PASS behind TLS: %q", injected, got)
		}
		c.Err("STLS")
		for _, line := range c.Lines("CAPA") {
			if line == "STLS" {
				t.Errorf("STLS is offered within TLS")
			}
		}
		c.Quit()
	}
	for _, text := range []string{"USER alice@example.org\r\n", "CAPA\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff" + strings.Repeat("x", 70_000), "\x80\x2e\x01\x00\x02", "\x00", ""} {
		nc := bridge.Connect(t, "", s.Address("tls"))
		_, _ = io.WriteString(nc, text)
		_ = nc.CloseWrite()
		if said := bridge.Everything(t, nc); strings.Contains(said, "+OK") || strings.Contains(said, "ERR") {
			t.Errorf("%.20q on the TLS port was answered with %q", text, said)
		}
	}
	// Where passwords need TLS, none is taken without.
	c := bridge.Dial(t, s.Address("stls"))
	for _, command := range []string{"USER alice@example.org", "PASS wonderland", "AUTH PLAIN", "AUTH LOGIN", "AUTH PLAIN " + b64("\x00alice@example.org\x00wonderland")} {
		c.Err(command)
	}
	c.OK("STLS")
	c.StartTLS(s.tls)
	c.OK("USER alice@example.org")
	c.OK("PASS wonderland")
	c.Quit()
	s.settled(t, before)
	s.healthy(t)
}
