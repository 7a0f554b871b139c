package behaviour_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

func tlsCases() []behaviour {
	return []behaviour{
		{"TLS to the upstream", upstreamTLS},
	}
}

// upstreamTLS: both ways to TLS with the right anchor; without it, with another
// one or without STARTTLS no password is sent, and the operator is told.
func upstreamTLS(t *testing.T, s *site) {
	a := s.account(t)
	other := servers.NewCertificate(t, t.TempDir()).CA
	if s.server == nil {
		a.refusedAsMistake(t, fmt.Sprintf("mail: address: %q; tls: starttls", a.imap), "does not offer STARTTLS")
		return
	}
	for _, way := range []struct{ mode, address string }{{"starttls", s.server.IMAP}, {"implicit", s.server.IMAPS}} {
		upstream := fmt.Sprintf("mail: address: %q; tls: %s", way.address, way.mode)
		b := bridge.Start(t, config([]string{upstream + "; ca_file: " + s.server.CAFile}, "", plain), a.password)
		a.device(t, b).Quit()
		a.refusedAsMistake(t, upstream+"; ca_file: "+other, "not trusted")
		a.refusedAsMistake(t, upstream, "not trusted")
	}
}

// TestUpstreamOfAnotherName: a certificate of a trusted authority for another
// host is no proof.
func TestUpstreamOfAnotherName(t *testing.T) {
	a := embedded(t)
	certificate := servers.NewCertificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(certificate.Cert, certificate.Key)
	if err != nil {
		t.Fatal(err)
	}
	// The certificate names 127.0.0.1 and localhost.
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		nc, err := l.Accept()
		if err == nil {
			err = tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake()
			nc.Close()
		}
		ended <- err
	}()
	a.refusedAsMistake(t, fmt.Sprintf("mail: address: %q; ca_file: %s", l.Addr().String(), certificate.CA), "another name")
	l.Close()
	if <-ended == nil {
		t.Error("the proxy has taken the certificate")
	}
}

// refusedAsMistake: the login is -ERR [SYS/PERM], and one line of the log at
// ERROR says what the operator has to mend.
func (a *account) refusedAsMistake(t *testing.T, upstream, why string) {
	t.Helper()
	b := bridge.Start(t, config([]string{upstream}, "", plain), a.password)
	c := bridge.Dial(t, b.Address("pop3"))
	c.OK("USER " + a.login)
	if text := c.Err("PASS " + a.password); !strings.HasPrefix(text, "[SYS/PERM] ") {
		t.Errorf("%s: login: %q, want [SYS/PERM]", upstream, text)
	}
	c.Quit()
	b.AwaitLine("[ERROR]", why)
}

// secured is a bridge with a listener of each kind of TLS in front of an account.
func secured(t *testing.T) (*account, *bridge.Bridge, *tls.Config) {
	t.Helper()
	a := embedded(t)
	a.fill(1)
	certificate := servers.NewCertificate(t, t.TempDir())
	files := fmt.Sprintf("certificate: %s; key: %s", certificate.Cert, certificate.Key)
	b := bridge.Start(t, config([]string{to("mail", a.imap)}, "",
		"stls: "+files, "pop3s: tls: implicit; "+files, "closed: plaintext_auth: false",
		"open: plaintext_auth: true", "elsewhere: plaintext_auth: true; plaintext_networks: [10.0.0.0/8]",
	), a.password)
	pem, err := os.ReadFile(certificate.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return a, b, &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// TestSTLS: no password before TLS (RFC 8314 §3), everything after it; what was
// said or sent before the handshake is forgotten (CVE-2011-0411).
func TestSTLS(t *testing.T) {
	a, b, trust := secured(t)
	c := bridge.Dial(t, b.Address("stls"))
	capa := c.Lines("CAPA")
	if !slices.Contains(capa, "STLS") || slices.Contains(capa, "USER") || strings.Contains(strings.Join(capa, "\n"), "SASL") {
		t.Errorf("CAPA before TLS: %q", capa)
	}
	c.Err("USER " + a.login)
	c.Err("AUTH PLAIN AGEAYg==")
	c.Send("STLS\r\nUSER " + a.login + "\r\n")
	c.Expect("+OK")
	c.StartTLS(trust)
	capa = c.Lines("CAPA")
	if slices.Contains(capa, "STLS") || !slices.Contains(capa, "USER") {
		t.Errorf("CAPA under TLS: %q", capa)
	}
	c.Err("STLS")
	c.Err("PASS " + a.password)
	c.OK("USER " + a.login)
	c.OK("PASS " + a.password)
	c.Err("STLS")
	if got := len(c.Lines("LIST")); got != 1 {
		t.Errorf("LIST has %d messages, want 1", got)
	}
	c.Quit()
}

// TestImplicitTLS: TLS from the first octet, TLS 1.2 at least, and ALPN that is
// for another protocol is refused (RFC 7301).
func TestImplicitTLS(t *testing.T) {
	a, b, trust := secured(t)
	for _, protocols := range [][]string{nil, {"pop3"}} {
		config := trust.Clone()
		config.NextProtos = protocols
		c := bridge.DialTLS(t, b.Address("pop3s"), config)
		c.Err("STLS")
		c.OK("USER " + a.login)
		c.OK("PASS " + a.password)
		c.Quit()
	}
	for name, spoil := range map[string]func(*tls.Config){
		"ALPN of HTTP": func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
		"TLS 1.1":      func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
	} {
		config := trust.Clone()
		spoil(config)
		if nc, err := tls.Dial("tcp", b.Address("pop3s"), config); err == nil {
			nc.Close()
			t.Errorf("%s was taken", name)
		}
	}
}

// TestPlaintextAuth: without TLS a password is taken only where the operator
// allows it, and USER is announced only there (RFC 2449 §6.2).
func TestPlaintextAuth(t *testing.T) {
	a, b, _ := secured(t)
	for _, listener := range []string{"closed", "elsewhere"} {
		c := bridge.Dial(t, b.Address(listener))
		if capa := c.Lines("CAPA"); slices.Contains(capa, "USER") || slices.Contains(capa, "STLS") {
			t.Errorf("CAPA on %q: %q", listener, capa)
		}
		c.Err("USER " + a.login)
		c.Err("PASS " + a.password)
		c.OK("QUIT")
	}
	c := bridge.Dial(t, b.Address("open"))
	if capa := c.Lines("CAPA"); !slices.Contains(capa, "USER") {
		t.Errorf("CAPA on %q: %q", "open", capa)
	}
	c.OK("USER " + a.login)
	c.OK("PASS " + a.password)
	c.Quit()
}
