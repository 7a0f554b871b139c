package oauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"popbridge/configs"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

// certify gives popbridge a key and a certificate for it in place of its secret, or
// renews both.
func certify(t *testing.T, s *site, key crypto.Signer, ends time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: ends.Add(-48 * time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	o := &s.mail.OAuth2
	if o.ClientCertificate == "" {
		dir := t.TempDir()
		o.ClientCertificate, o.ClientKey, o.ClientSecret = filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key"), configs.Secret{}
	}
	for path, block := range map[string]*pem.Block{o.ClientCertificate: {Type: "CERTIFICATE", Bytes: der}, o.ClientKey: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// proven is what is wrong with a question in which a certificate has to prove who asks,
// empty for nothing; it notes the assertion's ID.
func proven(form url.Values, by *x509.Certificate, algorithm jose.SignatureAlgorithm, ids map[string]bool) string {
	assertion, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		return err.Error()
	}
	var claims jwt.Claims
	if err := assertion.Claims(by.PublicKey, &claims); err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(by.Raw)
	life := time.Until(claims.Expiry.Time())
	switch {
	case form.Get("client_assertion_type") != assertionType:
		return "the type of the assertion is " + form.Get("client_assertion_type")
	case assertion.Headers[0].ExtraHeaders["x5t#S256"] != base64.RawURLEncoding.EncodeToString(sum[:]):
		return "the certificate is not named"
	case claims.Issuer != "popbridge" || claims.Subject != "popbridge" || len(claims.Audience) != 1 || !strings.HasSuffix(claims.Audience[0], "/token"):
		return "the claims are of somebody else, or for somebody else"
	case life <= 0 || life > 10*time.Minute:
		return "it lasts for " + life.String()
	case claims.ID == "" || ids[claims.ID]:
		return "its ID is missing, or was used before"
	case form.Get("client_id") != "popbridge" || form.Has("client_secret") || form.Get("basic") != ":":
		return "who asks is told in another way too"
	}
	ids[claims.ID] = true
	return ""
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// TestACertificateInPlaceOfTheSecret proves who asks in every question of every flow,
// each time anew; one that was renewed is used without a restart.
func TestACertificateInPlaceOfTheSecret(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flow      configs.Flow
		key       crypto.Signer
		algorithm jose.SignatureAlgorithm
		asked     int
	}{
		"client credentials": {configs.FlowClientCredentials, rsaKey(t), jose.PS256, 2},
		"elliptic":           {configs.FlowClientCredentials, ec, jose.ES256, 2},
		"device":             {configs.FlowDevice, rsaKey(t), jose.PS256, 5},
		"code":               {configs.FlowCode, rsaKey(t), jose.PS256, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var certificate *x509.Certificate
			ids := make(map[string]bool)
			e := newEndpoint(t, func(n int, form url.Values) (int, any) {
				if wrong := proven(form, certificate, c.algorithm, ids); wrong != "" {
					t.Errorf("question %d, %s: %s", n, form.Get("grant_type"), wrong)
				}
				switch {
				case form.Get("path") == "/device":
					return 200, map[string]any{"device_code": "device-code", "user_code": "ABCD", "verification_uri": "https://login.example.org/", "expires_in": 600, "interval": 1}
				case strings.HasSuffix(form.Get("grant_type"), "device_code") && n == 2:
					return 400, refuses("authorization_pending", "")
				}
				return http.StatusOK, gives("access", 1, "refresh")
			})
			s := newSite(t, c.flow, e.URL)
			certificate = certify(t, s, c.key, time.Now().Add(time.Hour))
			if c.flow.NeedsOwner() {
				err := s.source.Authorize(context.Background(), s.mail, "alice", oauth.Owner{Ask: func(p oauth.Prompt) error {
					if c.flow == configs.FlowCode {
						back, _ := signIn(t, p.Address, url.Values{"code": {"the-code"}})
						visit(t, *back, "127.0.0.1")
					}
					return nil
				}})
				if err != nil {
					t.Fatal(err)
				}
			}
			oauth.Age(s.source, time.Hour)
			s.outdated("alice")
			s.gets("alice", "access")
			certificate = certify(t, s, c.key, time.Now().Add(time.Hour))
			oauth.Age(s.source, time.Hour)
			s.outdated("alice")
			s.gets("alice", "access")
			if n := len(e.questions()); n != c.asked {
				t.Errorf("it was asked %d times, want %d", n, c.asked)
			}
		})
	}
}

// TestAnAssertionOfThePlatform is read each time (workload identity).
func TestAnAssertionOfThePlatform(t *testing.T) {
	e := newEndpoint(t, func(n int, form url.Values) (int, any) {
		if form.Get("client_assertion_type") != assertionType || form.Get("client_secret") != "" {
			t.Errorf("the question was %v", form)
		}
		if form.Get("client_assertion") == "of yesterday" {
			return http.StatusUnauthorized, refuses("invalid_client", "AADSTS700024: Client assertion is not within its valid time range.")
		}
		return http.StatusOK, gives("access by "+form.Get("client_assertion"), 1, "")
	})
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	file := filepath.Join(t.TempDir(), "assertion")
	s.mail.OAuth2.ClientAssertionFile, s.mail.OAuth2.ClientSecret = file, configs.Secret{}
	if text := s.fails("alice", translate.CodeSysPerm); !strings.Contains(text, file) || strings.Contains(text, "Post") {
		t.Errorf("without the file: %s", text)
	}
	for _, assertion := range []string{"one", "two"} {
		if err := os.WriteFile(file, []byte(assertion+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		oauth.Age(s.source, time.Hour)
		s.gets("alice", "access by "+assertion)
	}
	for assertion, says := range map[string]string{"of yesterday": "client_assertion_file is being renewed", " \n": "is empty"} {
		if err := os.WriteFile(file, []byte(assertion), 0o600); err != nil {
			t.Fatal(err)
		}
		oauth.Age(s.source, time.Hour)
		if text := s.fails("alice", translate.CodeSysPerm); !strings.Contains(text, says) || !strings.Contains(text, "client_assertion_file") {
			t.Errorf("%q is refused with %s, want %q", assertion, text, says)
		}
	}
}

// TestACertificateThatIsOfNoUse is not shown to the server: who has to do something is
// told here what.
func TestACertificateThatIsOfNoUse(t *testing.T) {
	e := newEndpoint(t, func(int, url.Values) (int, any) { return http.StatusOK, gives("access", 3600, "") })
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	certify(t, s, rsaKey(t), time.Now().Add(-time.Hour))
	if text := s.fails("alice", translate.CodeSysPerm); !strings.Contains(text, "expired on") {
		t.Error(text)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certify(t, s, p384, time.Now().Add(time.Hour))
	if text := s.fails("alice", translate.CodeSysPerm); !strings.Contains(text, "P-384") {
		t.Error(text)
	}
	if err := os.Remove(s.mail.OAuth2.ClientKey); err != nil {
		t.Fatal(err)
	}
	if text := s.fails("alice", translate.CodeSysPerm); !strings.Contains(text, s.mail.OAuth2.ClientKey) {
		t.Error(text)
	}
	if n := len(e.questions()); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
}
