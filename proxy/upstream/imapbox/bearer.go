package imapbox

import (
	"context"
	"errors"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
)

// Authorize has the Pool take access tokens from there, for upstreams with auth =
// "oauth2". Call it before Open.
func (p *Pool) Authorize(t upstream.Tokens) { p.tokens = t }

// ownToken logs in with a token that popbridge has been given.
func (p *Pool) ownToken(ctx context.Context, l *login) error {
	return upstream.TryToken(ctx, p.tokens, l.req, func(token configs.Secret) error { return l.bearer(ctx, token) }, func(err error) bool {
		var status *imap.StatusError
		return errors.As(err, &status) && status.Type == "NO"
	})
}

// bearer shows the server an access token.
func (l *login) bearer(ctx context.Context, token configs.Secret) error {
	show, err := upstream.ShowToken(l.req, token, func(mechanism string) bool { return l.caps.Has(goimap.Cap("AUTH=" + mechanism)) })
	if err != nil {
		return err
	}
	var why string
	err = l.conn.Authenticate(ctx, show.Mechanism, show.Initial, func(challenge []byte) ([]byte, error) {
		why = upstream.RefusedToken(challenge)
		return show.Refused, nil
	})
	if err != nil && why != "" {
		return fmt.Errorf("%w (the server says of the token: %q)", err, why)
	}
	return err
}
