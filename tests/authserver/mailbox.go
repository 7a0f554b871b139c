package authserver

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"popbridge/tests/servers"
)

// Dovecot is one that knows no passwords and takes this server's tokens, with one
// message for an account. The user is whom Dovecot takes a token to be for ("%u": whom
// it was issued for; empty: whoever is named), the subject whom the message is put there
// as. extra is more of its configuration.
func (a *Server) Dovecot(user, subject, account, message string, extra ...string) *servers.Server {
	a.t.Helper()
	d := servers.StartDovecot(a.t, servers.Dovecot{Mechanisms: "xoauth2 oauthbearer", Tokens: a.tokens(user), Users: map[string]string{}, Extra: strings.Join(extra, "\n")})
	servers.DialToken(a.t, d.IMAP, account, a.Token(subject)).Append([]byte(message))
	return d
}

// SignedBy tells assertions that the key of a certificate has signed from others
// (RFC 7523 §3). It reads the certificate each time, which may be made later.
func (a *Server) SignedBy(certificate string) func(assertion string) bool {
	return func(assertion string) bool {
		text, err := os.ReadFile(certificate)
		if err != nil {
			return false
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return false
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return false
		}
		token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.ES256, jose.PS256})
		var claims jwt.Claims
		return err == nil && token.Claims(parsed.PublicKey, &claims) == nil &&
			claims.Validate(jwt.Expected{Issuer: ClientID, Subject: ClientID, AnyAudience: jwt.Audience{a.URL + "/oauth/token"}, Time: time.Now()}) == nil
	}
}
