package oauth

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"

	"popbridge/configs"
)

// grant is one way to tokens that somebody has agreed to.
type grant struct {
	s        *Source
	key      string
	upstream configs.Upstream
	account  string
	tokens   []string // that were shown to the server, which may repeat them
}

// fetch gets a token other than refused.
func (g *grant) fetch(ctx context.Context, refused configs.Secret) (held, error) {
	o := g.upstream.OAuth2
	ctx, err := withClient(ctx, g.upstream)
	if err != nil {
		return held{}, err
	}
	since := time.Now()
	var token *oauth2.Token
	switch o.Flow {
	case configs.FlowDevice, configs.FlowCode:
		return g.refresh(ctx, refused)
	case configs.FlowJWT:
		token, err = g.assert(ctx)
	default:
		c := clientcredentials.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), TokenURL: o.TokenURL, Scopes: o.Scopes, AuthStyle: style(o),
		}
		token, err = c.Token(ctx)
	}
	if err != nil {
		return held{}, err
	}
	return newHeld(token.AccessToken, since, token.Expiry), nil
}

// assert signs that the service account acts for the account (RFC 7523 §2.1). The
// file is read every time, so that a new key needs no restart.
func (g *grant) assert(ctx context.Context) (*oauth2.Token, error) {
	service, err := g.upstream.OAuth2.ServiceAccount()
	if err != nil {
		return nil, &setupError{err}
	}
	c := jwt.Config{
		Email: service.Email, PrivateKey: []byte(service.Key.Reveal()), PrivateKeyID: service.KeyID,
		Subject: g.account, Scopes: g.upstream.OAuth2.Scopes, TokenURL: service.TokenURL,
	}
	return c.TokenSource(bound(ctx)).Token()
}

// config is for the flows in which an account's owner has agreed.
func config(o configs.OAuth2) *oauth2.Config {
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), Scopes: o.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: o.AuthURL, TokenURL: o.TokenURL, DeviceAuthURL: o.DeviceURL, AuthStyle: style(o)},
	}
}

// style is never found out by trying: a refresh token must not be shown twice.
// Every server takes the header (RFC 6749 §2.3.1); a public client and one with an
// assertion have nothing to put there.
func style(o configs.OAuth2) oauth2.AuthStyle {
	if o.ClientSecret.Empty() {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// setupError is a mistake that an operator has to mend here.
type setupError struct{ error }

func (e *setupError) Unwrap() error { return e.error }

// withClient has the library use a client that trusts ca_file, follows nobody
// elsewhere with a secret, keeps no connection, and proves who asks where that is not
// done by a secret.
func withClient(ctx context.Context, u configs.Upstream) (context.Context, error) {
	config, err := configs.ClientTLS(u.OAuth2.CAFile)
	if err != nil {
		return nil, &setupError{fmt.Errorf("oauth2.ca_file: %w", err)}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	transport.DisableKeepAlives = true
	transport.MaxResponseHeaderBytes = 64 << 10
	client := &http.Client{
		Transport: transport, Timeout: u.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if u.OAuth2.Asserts() && u.OAuth2.Flow != configs.FlowJWT {
		client.Transport, client.Timeout = asserting{u.OAuth2, u.Timeout, transport}, 0
	}
	return context.WithValue(ctx, oauth2.HTTPClient, client), nil
}

// bound has requests end with ctx, for the one call of the library that gives them
// no context.
func bound(ctx context.Context) context.Context {
	client := *ctx.Value(oauth2.HTTPClient).(*http.Client)
	client.Transport = within{ctx, client.Transport}
	return context.WithValue(ctx, oauth2.HTTPClient, &client)
}

type within struct {
	ctx  context.Context
	next http.RoundTripper
}

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	return w.next.RoundTrip(r.WithContext(w.ctx))
}
