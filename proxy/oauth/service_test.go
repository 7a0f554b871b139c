package oauth_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/translate"
)

// TestServiceAccount signs an assertion for each account (RFC 7523).
func TestServiceAccount(t *testing.T) {
	var key *rsa.PrivateKey
	e := newEndpoint(t, func(_ int, form url.Values) (int, any) {
		assertion := form.Get("assertion")
		if assertion == "" { // a look whether anybody is there
			return 400, refuses("invalid_request", "")
		}
		signed, encoded := assertion[:strings.LastIndexByte(assertion, '.')], assertion[strings.LastIndexByte(assertion, '.')+1:]
		digest := sha256.Sum256([]byte(signed))
		signature, _ := base64.RawURLEncoding.DecodeString(encoded)
		if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
			t.Errorf("the assertion %q: %v", assertion, err)
		}
		var claims struct{ Iss, Sub, Aud, Scope string }
		payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(assertion, ".")[1])
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Error(err)
		}
		if claims.Iss != "popbridge@project.example" || claims.Scope != "imap offline_access" || !strings.HasSuffix(claims.Aud, "/token") {
			t.Errorf("the claims are %+v", claims)
		}
		switch claims.Sub {
		case "nobody":
			return 400, refuses("invalid_grant", "Invalid email or User ID")
		case "elsewhere":
			return 401, refuses("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method")
		}
		return 200, gives("token of "+claims.Sub, 3600, "")
	})
	s := newSite(t, configs.FlowJWT, e.URL)
	s.mail.OAuth2.KeyFile = filepath.Join(t.TempDir(), "none.json")
	s.fails("alice", translate.CodeSysPerm)
	key = serviceKey(t, s)
	s.gets("alice", "token of alice")
	s.gets("bob", "token of bob")
	s.fails("nobody", translate.CodeSysPerm)
	s.fails("elsewhere", translate.CodeSysPerm)
	if text, err := s.source.Check(context.Background(), s.mail); err != nil || !strings.Contains(text, "can be reached") {
		t.Errorf("the check says %q, %v", text, err)
	}
}

// serviceKey makes a service account whose key the site uses; the token endpoint
// stands in the file.
func serviceKey(t *testing.T, s *site) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "popbridge@project.example", "private_key_id": "1", "token_uri": s.mail.OAuth2.TokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.mail.OAuth2.TokenURL, s.mail.OAuth2.KeyFile = "", filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(s.mail.OAuth2.KeyFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return key
}
