package authserver

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"popbridge/tests/servers"
)

const (
	keyID        = "key-1"
	ClientID     = "popbridge"
	ClientSecret = "open-sesame-of-popbridge"
)

// Server is an OAuth 2.0 server: the endpoints and grants are zitadel's, what
// they keep is here. Its access tokens are JWTs that live for a few seconds, and
// a refresh token is good for one use.
type Server struct {
	op.Storage // what no grant here needs is not there
	*httptest.Server
	t    testing.TB
	key  *rsa.PrivateKey
	life time.Duration

	mu      sync.Mutex
	devices map[string]*op.DeviceAuthorizationState // by device code
	codes   map[string]string                       // user code -> device code
	refresh map[string]*agreement                   // by refresh token, those that are good
	issued  []string                                // refresh tokens, all that there ever were
	count   int                                     // access tokens

	requests []*authRequest    // to owners in browsers
	good     func(string) bool // tells assertions that prove who asks; nil: none is needed
}

// New starts one that serves device grants and authorization codes for public clients, and
// client credentials.
func New(t testing.TB, life time.Duration) *Server {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	a := &Server{
		t: t, key: key, life: life,
		devices: make(map[string]*op.DeviceAuthorizationState), codes: make(map[string]string), refresh: make(map[string]*agreement),
	}
	a.Server = httptest.NewUnstartedServer(nil)
	provider, err := op.NewProvider(&op.Config{
		CodeMethodS256: true, CryptoKey: sha256.Sum256([]byte("a test's")), GrantTypeRefreshToken: true,
		DeviceAuthorization: op.DeviceAuthorizationConfig{Lifetime: time.Minute, PollInterval: time.Second, UserFormPath: "/agree", UserCode: op.UserCodeBase20},
	}, a, op.StaticIssuer("http://"+a.Server.Listener.Addr().String()), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	a.Server.Config.Handler = a.proving(provider)
	a.Start()
	t.Cleanup(a.Close)
	return a
}

// tokens has a Dovecot check what this server signs.
func (a *Server) tokens(user string) *servers.Tokens {
	a.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	if err != nil {
		a.t.Fatal(err)
	}
	return &servers.Tokens{KeyID: keyID, Key: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), User: user}
}

// agree is the owner, who opens the address, signs in as a user and types the code.
func (a *Server) agree(code, user string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.devices[a.codes[code]]
	if d == nil {
		a.t.Fatalf("no device has the code %q", code)
	}
	d.Subject, d.AuthTime, d.Done = user, time.Now(), true
}

// Revoke takes back what owners have agreed to.
func (a *Server) Revoke() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.refresh)
}

// Given counts the access tokens that were given out.
func (a *Server) Given() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// RefreshTokens are all that there ever were.
func (a *Server) RefreshTokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.issued)
}

// Token makes an access token for a user, outside of every grant.
func (a *Server) Token(user string) string {
	a.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: a.key, KeyID: keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		a.t.Fatal(err)
	}
	now := time.Now()
	signed, err := signer.Sign(fmt.Appendf(nil, `{"sub":%q,"iat":%d,"nbf":%[2]d,"exp":%d}`, user, now.Unix(), now.Add(time.Hour).Unix()))
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// agreement is what a refresh token stands for.
type agreement struct {
	user   string
	scopes []string
}

func (g *agreement) GetAMR() []string          { return nil }
func (g *agreement) GetAudience() []string     { return []string{ClientID} }
func (g *agreement) GetAuthTime() time.Time    { return time.Time{} }
func (g *agreement) GetClientID() string       { return ClientID }
func (g *agreement) GetScopes() []string       { return g.scopes }
func (g *agreement) GetSubject() string        { return g.user }
func (g *agreement) SetCurrentScopes([]string) {}

var errNone = errors.New("there is no such thing here")

func (a *Server) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	return fmt.Sprint("access-", a.count), time.Now().Add(a.life), nil
}

func (a *Server) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (id, refresh string, expires time.Time, err error) {
	id, expires, err = a.CreateAccessToken(ctx, r)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.refresh, current)
	refresh = "refresh-" + rand.Text()
	a.refresh[refresh] = &agreement{user: r.GetSubject(), scopes: r.GetScopes()}
	a.issued = append(a.issued, refresh)
	return id, refresh, expires, err
}

func (a *Server) TokenRequestByRefreshToken(_ context.Context, refresh string) (op.RefreshTokenRequest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g := a.refresh[refresh]; g != nil {
		return g, nil
	}
	return nil, oidc.ErrInvalidGrant()
}

func (a *Server) StoreDeviceAuthorization(_ context.Context, client, deviceCode, userCode string, expires time.Time, scopes []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.devices[deviceCode] = &op.DeviceAuthorizationState{ClientID: client, Audience: []string{client}, Scopes: scopes, Expires: expires}
	a.codes[userCode] = deviceCode
	return nil
}

func (a *Server) GetDeviceAuthorizatonState(_ context.Context, client, deviceCode string) (*op.DeviceAuthorizationState, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.devices[deviceCode]
	if d == nil || d.ClientID != client {
		return nil, errNone
	}
	state := *d
	return &state, nil
}

func (a *Server) ClientCredentials(_ context.Context, id, secret string) (op.Client, error) {
	if id != ClientID || secret != ClientSecret {
		return nil, errNone
	}
	return client{}, nil
}

func (a *Server) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &agreement{user: id, scopes: scopes}, nil
}

func (a *Server) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != ClientID {
		return nil, errNone
	}
	return client{}, nil
}

func (a *Server) AuthorizeClientIDSecret(context.Context, string, string) error { return errNone }

func (a *Server) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

func (a *Server) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

func (a *Server) SigningKey(context.Context) (op.SigningKey, error) {
	return signingKey{a.key}, nil
}

func (a *Server) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (a *Server) Health(context.Context) error { return nil }

type signingKey struct{ key *rsa.PrivateKey }

func (signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                  { return k.key }
func (signingKey) ID() string                                  { return keyID }

// client is popbridge as the server knows it: public to owners who agree, with a
// secret where it asks for itself.
type client struct{ op.Client }

func (client) GetID() string                       { return ClientID }
func (client) ApplicationType() op.ApplicationType { return op.ApplicationTypeNative }
func (client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodNone }
func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (client) ClockSkew() time.Duration            { return 0 }
func (client) IsScopeAllowed(string) bool          { return true }
func (client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}
func (client) IDTokenLifetime() time.Duration       { return time.Minute } // a refresh gives an ID token too
func (client) IDTokenUserinfoClaimsAssertion() bool { return false }
func (client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}
func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeDeviceCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeClientCredentials}
}
