package imapbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Tokens is where access tokens come from.
type Tokens interface {
	// Token gives an access token for an account of an upstream, another one than
	// refused where there is one to be had. Its errors are Refusals.
	Token(ctx context.Context, u configs.Upstream, account string, refused configs.Secret) (configs.Secret, error)
}

// Authorize has the Pool take access tokens from there, for upstreams with auth =
// "oauth2". Call it before Open.
func (p *Pool) Authorize(t Tokens) { p.tokens = t }

// ownToken logs in with a token that popbridge has been given. One that the server does not
// want any more, though its time is not over, is replaced once.
func (p *Pool) ownToken(ctx context.Context, l *login) error {
	if p.tokens == nil {
		return translate.Permanent(errors.New("there is nothing here to get access tokens with"))
	}
	token, err := p.tokens.Token(ctx, l.req.Upstream, l.req.Account, configs.Secret{})
	if err != nil {
		return err
	}
	err = l.bearer(ctx, token)
	var status *imap.StatusError
	if !errors.As(err, &status) || status.Type != "NO" {
		return err
	}
	other, terr := p.tokens.Token(ctx, l.req.Upstream, l.req.Account, token)
	switch {
	case terr != nil:
		return terr
	case other.Reveal() == token.Reveal():
		return err
	}
	return l.bearer(ctx, other)
}

// bearer shows the server an access token.
func (l *login) bearer(ctx context.Context, token configs.Secret) error {
	if strings.ContainsAny(l.req.Account+token.Reveal(), "\x00\x01\r\n") || token.Empty() {
		return translate.BadCredentials(errors.New("the name or the token holds what no token can"))
	}
	use, ok := l.mechanism()
	if !ok {
		err := errors.New("the server announces neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER, so it takes no access token on this connection")
		if !l.req.Bearer.Empty() {
			return translate.BadCredentials(err)
		}
		return translate.Permanent(err)
	}
	initial, refused := xoauth2(l.req.Account, token), []byte{}
	if use == configs.MechanismOAuthBearer {
		// RFC 7628 §3.2.3: a refusal is acknowledged with one 0x01.
		initial, refused = oauthBearer(l.req, token), []byte{1}
	}
	var why string
	err := l.conn.Authenticate(ctx, strings.ToUpper(use.String()), initial, func(challenge []byte) ([]byte, error) {
		why = refusedToken(challenge)
		return refused, nil
	})
	if err != nil && why != "" {
		return fmt.Errorf("%w (the server says of the token: %q)", err, why)
	}
	return err
}

// mechanism is the one that is configured, else the other one where only that is
// announced.
func (l *login) mechanism() (m configs.Mechanism, ok bool) {
	m = l.req.Upstream.OAuth2.Mechanism
	for _, m := range []configs.Mechanism{m, configs.MechanismXOAuth2, configs.MechanismOAuthBearer} {
		if l.caps.Has(goimap.Cap("AUTH=" + strings.ToUpper(m.String()))) {
			return m, true
		}
	}
	return m, false
}

// xoauth2 is Google's initial response
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
func xoauth2(account string, token configs.Secret) []byte {
	return []byte("user=" + account + "\x01auth=Bearer " + token.Reveal() + "\x01\x01")
}

// oauthBearer is the initial response of RFC 7628 §3.1, with the account as the
// GS2 header's authorization identity (RFC 5801 §4).
func oauthBearer(req backend.Request, token configs.Secret) []byte {
	identity := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(req.Account)
	response := "n,a=" + identity + ",\x01"
	if host, port, err := net.SplitHostPort(req.Upstream.Address); err == nil {
		response += "host=" + host + "\x01port=" + port + "\x01"
	}
	return []byte(response + "auth=Bearer " + token.Reveal() + "\x01\x01")
}

// refusedToken is the status in the challenge that tells why a token is refused
// (RFC 7628 §3.2.2): such as invalid_token, or 401 from Google.
func refusedToken(challenge []byte) string {
	var said struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(challenge, &said) != nil || said.Status == "" {
		return "nothing that can be read"
	}
	return said.Status[:min(len(said.Status), 100)]
}
