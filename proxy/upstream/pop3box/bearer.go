package pop3box

import (
	"context"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// Authorize has the Pool take access tokens from there, for upstreams with auth =
// "oauth2". Call it before Open.
func (p *Pool) Authorize(t upstream.Tokens) { p.tokens = t }

// ownToken logs in with a token that popbridge has been given.
func (p *Pool) ownToken(ctx context.Context, l *login) error {
	return upstream.TryToken(ctx, p.tokens, l.req, func(token configs.Secret) error { return l.bearer(ctx, token) }, l.wrongPassword)
}

// bearer shows the server an access token. One that knows no CAPA may take it all the
// same.
func (l *login) bearer(ctx context.Context, token configs.Secret) error {
	show, err := upstream.ShowToken(l.req, token, func(mechanism string) bool { return !l.caps.Known() || l.caps.Mechanism(mechanism) })
	if err != nil {
		return err
	}
	var why string
	err = l.conn.AuthToken(ctx, show.Mechanism, string(show.Initial), token.Reveal(), func(challenge []byte) string {
		why = upstream.RefusedToken(challenge)
		return string(show.Refused)
	})
	if err != nil && why != "" {
		return fmt.Errorf("%w (the server says of the token: %q)", err, why)
	}
	return err
}
