package authserver

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// serviceName is who signs for accounts.
const serviceName = "popbridge@project.example"

// ServiceAccount is a key file as Google gives it. The server's own key signs, which
// saves making another.
func (a *Server) ServiceAccount() string {
	a.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": serviceName, "private_key_id": keyID, "token_uri": a.URL + "/oauth/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

// bearer gives a token of the account that an assertion of the service account names
// (RFC 7523 §2.1), as Google does with domain-wide delegation.
func (a *Server) bearer(w http.ResponseWriter, assertion string) {
	w.Header().Set("Content-Type", "application/json")
	var claims jwt.Claims
	signed, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err == nil {
		err = signed.Claims(&a.key.PublicKey, &claims)
	}
	if err == nil {
		err = claims.Validate(jwt.Expected{Issuer: serviceName, AnyAudience: jwt.Audience{a.URL + "/oauth/token"}, Time: time.Now()})
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": "invalid_grant"}`))
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": a.Token(claims.Subject), "token_type": "Bearer", "expires_in": 3600})
}
