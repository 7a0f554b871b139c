package logins_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// authority signs certificates for devices.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string // in PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, file: filepath.Join(t.TempDir(), "devices.pem")}
	own := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "devices"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.key, a.cert = own.PrivateKey.(*ecdsa.PrivateKey), own.Leaf
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Leaf.Raw})
	if err := os.WriteFile(a.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes a certificate with a key of its own; the first signs itself.
func (a *authority) sign(c *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	c.NotBefore = c.NotAfter.Add(-48 * time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// device is a certificate for a device.
func (a *authority) device(commonName string, mails ...string) tls.Certificate {
	return a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: commonName}, EmailAddresses: mails, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// TestCertificatesOfDevices: a device that shows a certificate in TLS logs in
// without a password, as whom its certificate names and nobody else.
func TestCertificatesOfDevices(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	c := servers.NewCertificate(t, t.TempDir())
	s := devices(t, masterDovecot(t, 2).IMAP, plan{listener: fmt.Sprintf(", tls: starttls, certificate: %q, key: %q, client_ca_file: %q", c.Cert, c.Key, a.file)})
	trust := func(certificates ...tls.Certificate) *tls.Config {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		// With TLS 1.2 the client hears at once that its certificate is not taken.
		config := &tls.Config{RootCAs: pool, ServerName: "localhost", MaxVersion: tls.VersionTLS12}
		if len(certificates) > 0 {
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificates[0], nil }
		}
		return config
	}
	begin := func(config *tls.Config) *bridge.Client {
		d := bridge.Dial(t, s.Address("pop3"))
		if capa := d.Lines("CAPA"); slices.ContainsFunc(capa, func(l string) bool { return strings.Contains(l, "EXTERNAL") }) {
			t.Errorf("without TLS %q is announced", capa)
		}
		d.OK("STLS")
		d.StartTLS(config)
		return d
	}
	for _, good := range []struct {
		certificate tls.Certificate
		answer      string
	}{
		{a.device("x", "Alice@Example.org"), "="}, {a.device("x", alice), base64Of("alice+scanner@example.org")}, {a.device(alice), "="},
		{a.device("x", "bob@example.org", alice), base64Of(alice)}, {a.device("x", "alice+scanner@example.org"), "="},
	} {
		d := begin(trust(good.certificate))
		if capa := d.Lines("CAPA"); !slices.ContainsFunc(capa, func(l string) bool { return strings.HasPrefix(l, "SASL ") && strings.Contains(l, " EXTERNAL") }) {
			t.Errorf("EXTERNAL is not announced: %q", capa)
		}
		d.OK("AUTH EXTERNAL " + good.answer)
		if got := len(d.Lines("LIST")); got != 2 {
			t.Errorf("%d messages are listed, want 2", got)
		}
		d.Quit()
	}
	for _, bad := range []struct {
		certificate  tls.Certificate
		answer, want string
	}{
		{a.device("x", alice), base64Of("bob@example.org"), "[AUTH]"}, {a.device(alice, "bob@example.org"), base64Of(alice), "[AUTH]"},
		{a.device("x", "alice+scanner@example.org"), base64Of("alice+phone@example.org"), "[AUTH]"},
		{a.device("x", alice), base64Of(alice + "\x00"), "[AUTH]"}, {a.device("x", "bob@example.org", alice), "=", "the certificate is good for several accounts"},
		{a.device(""), "=", "mechanism is not known here"},
	} {
		d := begin(trust(bad.certificate))
		if text := d.Err("AUTH EXTERNAL " + bad.answer); !strings.HasPrefix(text, bad.want) {
			t.Errorf("%q with a certificate for %q, %q: %q", bad.answer, bad.certificate.Leaf.Subject.CommonName, bad.certificate.Leaf.EmailAddresses, text)
		}
		d.Cut()
	}
	d := begin(trust())
	if text := d.Err("AUTH EXTERNAL " + base64Of(alice)); text != "mechanism is not known here" {
		t.Errorf("without a certificate: %q", text)
	}
	d.Cut()
	expired := a.sign(&x509.Certificate{EmailAddresses: []string{alice}, NotAfter: time.Now().Add(-time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	for what, wrong := range map[string]tls.Certificate{"a stranger's": stranger.device("x", alice), "an expired": expired} {
		nc, err := net.Dial("tcp", s.Address("pop3"))
		if err != nil {
			t.Fatal(err)
		}
		d := bridge.Use(t, nc)
		d.Expect("+OK")
		d.OK("STLS")
		if err := tls.Client(nc, trust(wrong)).Handshake(); err == nil {
			t.Errorf("%s certificate is taken in the handshake", what)
		}
		d.Cut()
	}
}
