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

// certify writes cert.pem and key.pem, a pair that is valid until a time, and
// both.pem, which holds both.
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
	var both []byte
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		both = append(both, pem.EncodeToMemory(block)...)
	}
	if err := os.WriteFile(filepath.Join(folder, "both.pem"), both, 0o600); err != nil {
		t.Fatal(err)
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

// Several certificates, in the ways that certbot and HAProxy keep them; and what
// is said of those that cannot be used, and of old TLS.
func TestMoreCertificates(t *testing.T) {
	folder := t.TempDir()
	certify(t, folder, farAway())
	for name, from := range map[string]string{"fullchain.pem": "cert.pem", "privkey.pem": "key.pem"} {
		if err := os.Symlink(filepath.Join(folder, from), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	fill := func(text string) string { return strings.ReplaceAll(text, "FOLDER", folder) }
	both := fill(`
listener:
  pop3: {address: ":110", certificates: ["FOLDER", "FOLDER/both.pem"]}
upstream:
  mail: {address: "imap.example.org:993"}
`)
	config := mustLoad(t, both)
	l := config.Listener["pop3"]
	if l.TLS != TLSStartTLS {
		t.Errorf("tls is %s", l.TLS)
	}
	pairs := l.KeyPairs()
	if len(pairs) != 2 || pairs[0].Key != filepath.Join(folder, "privkey.pem") || pairs[1].Key != filepath.Join(folder, "both.pem") {
		t.Errorf("%+v", pairs)
	}
	for _, p := range pairs {
		if pair, err := p.Load(); err != nil || pair.Leaf.Subject.CommonName != "pop.example.org" {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for change, want := range map[string]string{
		`"FOLDER/both.pem"` + "\t" + `"FOLDER/cert.pem"`:                                             "listener.pop3.certificates[1]: FOLDER/cert.pem and the key are not a pair: found a certificate rather than a key in the PEM for the private key",
		`"FOLDER/both.pem"` + "\t" + `"FOLDER/none.pem"`:                                             "listener.pop3.certificates[1]: FOLDER/none.pem cannot be read: no such file or directory",
		`"FOLDER/both.pem"]` + "\t" + `"FOLDER/both.pem"], allow: [10.0.0.0/8], tls_profile: legacy`: "listener.pop3.tls_profile: devices that need legacy support only RSA certificates, and there is none; add one to certificates",
	} {
		old, replacement, _ := strings.Cut(fill(change), "\t")
		path := write(t, "popbridge.yaml", strings.ReplaceAll(both, old, replacement))
		if _, problems := Load(path); problems.String() != path+":3: "+fill(want) {
			t.Errorf("%s gives\n%s", replacement, problems)
		}
	}
	path := write(t, "popbridge.yaml", strings.ReplaceAll(both, `both.pem"]`, `both.pem"], tls_profile: legacy`))
	if _, problems := Load(path); !strings.Contains(problems.String(), "legacy lets everyone speak a TLS that can be broken") {
		t.Errorf("legacy for everyone gives\n%s", problems)
	}
}
