package imap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// certified makes a server's configuration and the client's that trusts it.
func certified(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"imap.example.org"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	parsed, err := x509.ParseCertificate(der)
	check(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: roots, ServerName: "imap.example.org"}
}

// TestStartTLSForgets: capabilities told in plaintext, also in the OK to STARTTLS, are asked for again.
func TestStartTLSForgets(t *testing.T) {
	server, client := certified(t)
	c, err := New(ctx, serve(t, `
	S: * OK [CAPABILITY IMAP4rev1 STARTTLS LITERAL+] hi
	C: A1 STARTTLS
	S: * CAPABILITY IMAP4rev1 SASL-IR
	S: A1 OK [CAPABILITY IMAP4rev1 SASL-IR] begin
	TLS
	C: A2 CAPABILITY
	S: * CAPABILITY IMAP4rev1 MOVE
	S: A2 OK
	C: A3 LOGIN "u" {1}
	S: + go
	C: `+"\x80"+`
	S: A3 OK in`, server), withHang(Options{}))
	check(t, err)
	check(t, c.StartTLS(ctx, client))
	caps, err := c.Capabilities(ctx)
	check(t, err)
	if !caps.Has(goimap.CapMove) || caps.Has(goimap.CapSASLIR) || caps.Has(goimap.CapLiteralPlus) {
		t.Errorf("capabilities %v", caps)
	}
	check(t, c.Login(ctx, "u", "\x80"))
	if err := c.StartTLS(ctx, client); err == nil {
		t.Error("TLS within TLS")
	}
}

func TestStartTLSRefusals(t *testing.T) {
	_, client := certified(t)
	t.Run("injected plaintext", func(t *testing.T) {
		c := dial(t, Options{}, greeted+`C: A1 STARTTLS
	s: A1 OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n`)
		wantBroken(t, c, c.StartTLS(ctx, client))
	})
	t.Run("PREAUTH", func(t *testing.T) {
		c := dial(t, Options{}, "S: * PREAUTH hi")
		if err := c.StartTLS(ctx, client); err == nil || !strings.Contains(err.Error(), "PREAUTH") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("late PREAUTH", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 STARTTLS\nS: * PREAUTH hi")
		wantBroken(t, c, c.StartTLS(ctx, client))
	})
	for _, typ := range []string{"NO", "BAD"} {
		t.Run(typ, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 STARTTLS\nS: A1 "+typ+" no")
			wantStatus(t, c.StartTLS(ctx, client), typ, "")
			if c.secured {
				t.Error("there is TLS")
			}
		})
	}
	t.Run("certificate", func(t *testing.T) {
		server, _ := certified(t)
		c, err := New(ctx, serve(t, greeted+"C: A1 STARTTLS\nS: A1 OK\nTLS", server), withHang(Options{}))
		check(t, err)
		var unknown x509.UnknownAuthorityError
		if err := c.StartTLS(ctx, client); !errors.As(err, &unknown) || c.Err() == nil {
			t.Errorf("error %v, sticky %v", err, c.Err())
		}
	})
	t.Run("silence", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 STARTTLS\nS: A1 OK\nANY")
		c.o.Timeout = 50 * time.Millisecond
		if err := c.StartTLS(ctx, client); err == nil || c.Err() == nil {
			t.Errorf("error %v", err)
		}
	})
}
