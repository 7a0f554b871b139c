package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certify writes cert.pem and key.pem, a pair that is valid until a time.
func certify(t *testing.T, folder string, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pop.example.org"}, NotBefore: time.Unix(0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// farAway is a date at which no test runs.
func farAway() time.Time { return time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC) }

const withCertificate = `
listener:
  pop3: {address: ":110", certificate: FOLDER/cert.pem, key: FOLDER/key.pem}
upstream:
  mail: {address: "imap.example.org:993"}
`

func TestACertificateMakesSTARTTLSTheDefault(t *testing.T) {
	folder := t.TempDir()
	certify(t, folder, farAway())
	config := mustLoad(t, strings.ReplaceAll(withCertificate, "FOLDER", folder))
	if got := config.Listener["pop3"].TLS; got != TLSStartTLS {
		t.Errorf("tls is %s", got)
	}
}

func TestCertificatesAreLookedInto(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, folder string)
		want  string
	}{
		"expired": {
			func(t *testing.T, folder string) { certify(t, folder, time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)) },
			"listener.pop3.certificate: FOLDER/cert.pem expired on 2001-02-03; devices that check it will not log in",
		},
		"no pair": {
			func(t *testing.T, folder string) {
				other := t.TempDir()
				certify(t, other, farAway())
				if err := os.Rename(filepath.Join(other, "key.pem"), filepath.Join(folder, "key.pem")); err != nil {
					t.Fatal(err)
				}
			},
			"listener.pop3.certificate: FOLDER/cert.pem and the key are not a pair: private key does not match public key",
		},
		"open key": {
			func(t *testing.T, folder string) {
				if err := os.Chmod(filepath.Join(folder, "key.pem"), 0o644); err != nil {
					t.Fatal(err)
				}
			},
			"listener.pop3.key: FOLDER/key.pem can be read by every user of this machine; run chmod o-r on it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			certify(t, folder, farAway())
			test.spoil(t, folder)
			path := write(t, "popbridge.yaml", strings.ReplaceAll(withCertificate, "FOLDER", folder))
			_, problems := Load(path)
			if want := path + ":3: " + strings.ReplaceAll(test.want, "FOLDER", folder); problems.String() != want {
				t.Errorf("got  %s\nwant %s", problems, want)
			}
		})
	}
}
