package oauth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"popbridge/configs"
)

const (
	// assertionType is RFC 7523 §2.2's word for an assertion that is a JWT.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how long one may be on its way.
	assertionLife = 5 * time.Minute
	// assertionEarly is how much the server's clock may be behind ours.
	assertionEarly = time.Minute
	// maxAnswer is how much the library reads of an answer, in octets.
	maxAnswer = 1 << 20
)

// asserting proves in each question who asks, by an assertion in place of a client
// secret (RFC 7523 §2.2). Each is read or signed when it is sent: the questions of a
// device grant go on for longer than one lasts, a server may take each only once, and
// what was renewed is used without a restart.
type asserting struct {
	o       configs.OAuth2
	timeout time.Duration // of one question, with its answer
	next    http.RoundTripper
}

func (a asserting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return a.next.RoundTrip(r)
	}
	form, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	assertion, err := assertionOf(a.o, time.Now())
	if err != nil {
		return nil, &setupError{err}
	}
	text := string(form) + "&" + url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}.Encode()
	ctx, cancel := context.WithTimeout(r.Context(), a.timeout)
	defer cancel()
	proved := r.Clone(ctx)
	proved.Body, proved.GetBody, proved.ContentLength = io.NopCloser(strings.NewReader(text)), nil, int64(len(text))
	answer, err := a.next.RoundTrip(proved)
	if err != nil {
		return nil, err
	}
	// It is read here, since the library does not close what a device endpoint says,
	// and a client with a timeout would wait for that.
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(said))
	return answer, err
}

// assertionOf is what the platform has written for popbridge, or what popbridge signs
// itself.
func assertionOf(o configs.OAuth2, now time.Time) (string, error) {
	if o.ClientAssertionFile != "" {
		assertion, err := o.Assertion()
		return assertion.Reveal(), err
	}
	return sign(o, now)
}

// sign makes an assertion that the certificate's key signs (RFC 7523 §3). Microsoft
// finds the certificate by its thumbprint, and asks for PS256
// (https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
func sign(o configs.OAuth2, now time.Time) (string, error) {
	pair, err := o.Certificate()
	if err != nil {
		return "", err
	}
	algorithm := jose.ES256
	if _, ok := pair.PrivateKey.(*rsa.PrivateKey); ok {
		algorithm = jose.PS256
	}
	thumbprint := sha256.Sum256(pair.Leaf.Raw)
	header := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(thumbprint[:]))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: pair.PrivateKey}, header)
	if err != nil {
		return "", err
	}
	early := jwt.NewNumericDate(now.Add(-assertionEarly))
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: o.ClientID, Subject: o.ClientID, Audience: jwt.Audience{o.TokenURL}, ID: rand.Text(),
		IssuedAt: early, NotBefore: early, Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
	}).Serialize()
}
