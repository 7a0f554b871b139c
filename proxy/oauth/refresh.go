package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"popbridge/configs"
)

// secretKind names these secrets in the vault. Their account is the login
// upstream, their name the upstream's.
const secretKind = "oauth2"

// agreed is what the vault keeps of an owner's agreement, with the newest access
// token, so that neither a restart nor another proxy asks for one of its own.
type agreed struct {
	Refresh string    `json:"refresh_token"`
	Access  string    `json:"access_token,omitempty"`
	Since   time.Time `json:"since"`
	Expires time.Time `json:"expires"`
}

// errNotAuthorized says that nobody has agreed, or that it has been taken back.
var errNotAuthorized = errors.New("the account's owner has not authorized popbridge")

// errVault says that the ledger could not be asked, or not be told.
type errVault struct{ error }

func (e errVault) Unwrap() error { return e.error }

func (g *grant) load(ctx context.Context) (a agreed, err error) {
	data, err := g.s.vault.Secret(ctx, secretKind, g.account, g.upstream.Name)
	switch {
	case err != nil:
		return a, errVault{err}
	case data == nil:
		return a, errNotAuthorized
	}
	if err := json.Unmarshal(data, &a); err != nil || a.Refresh == "" {
		return a, errVault{errors.New("what the ledger holds of the authorization cannot be read")}
	}
	return a, nil
}

func (g *grant) save(ctx context.Context, t *oauth2.Token, since time.Time) (held, error) {
	h := newHeld(t.AccessToken, since, t.Expiry)
	data, err := json.Marshal(agreed{Refresh: t.RefreshToken, Access: t.AccessToken, Since: h.since, Expires: h.expires})
	if err == nil {
		err = g.s.vault.PutSecret(ctx, secretKind, g.account, g.upstream.Name, data)
	}
	if err != nil {
		return held{}, errVault{err}
	}
	return h, nil
}

// refresh gets a token by the refresh token that is kept (RFC 6749 §6). Another
// proxy may have done so before: then its token serves, and where it has used the
// refresh token up at this very moment, the one that it has got is tried.
func (g *grant) refresh(ctx context.Context, refused configs.Secret) (held, error) {
	kept, err := g.load(ctx)
	for err == nil {
		if h := newHeld(kept.Access, kept.Since, kept.Expires); h.fresh(time.Now()) && kept.Access != refused.Reveal() {
			return h, nil
		}
		if err := g.s.refusedBefore(g.key, kept.Refresh); err != nil {
			return held{}, err
		}
		g.tokens = append(g.tokens, kept.Refresh, kept.Access)
		since := time.Now()
		token, terr := config(g.upstream.OAuth2).TokenSource(ctx, &oauth2.Token{RefreshToken: kept.Refresh}).Token()
		if terr == nil {
			return g.renew(ctx, token, since)
		}
		if !isRefusedGrant(terr) {
			return held{}, terr
		}
		used := kept.Refresh
		if kept, err = g.load(ctx); err == nil && kept.Refresh == used {
			g.s.refuseAgain(g.key, used, terr)
			return held{}, terr
		}
	}
	return held{}, err
}

// renew keeps what the server has given. Where the ledger is away at this moment
// the old refresh token may be worth nothing any more, so the new one is offered
// to the vault until it takes it, or the process ends.
func (g *grant) renew(ctx context.Context, token *oauth2.Token, since time.Time) (held, error) {
	h, err := g.save(ctx, token, since)
	for pause := 100 * time.Millisecond; err != nil; pause = min(2*pause, 5*time.Second) {
		select {
		case <-g.s.ctx.Done():
			return held{}, err
		case <-time.After(pause):
		}
		again, cancel := context.WithTimeout(g.s.ctx, g.upstream.Timeout)
		h, err = g.save(again, token, since)
		cancel()
		if err != nil {
			g.s.log.Error("a renewed authorization cannot be kept; it is lost if this process ends before the ledger answers", "account", g.account, "upstream", g.upstream.Name, "cause", err)
		}
	}
	return h, nil
}

// isRefusedGrant reports whether the server does not take what an owner has agreed
// to any more (RFC 6749 §5.2).
func isRefusedGrant(err error) bool {
	var said *oauth2.RetrieveError
	return errors.As(err, &said) && codeOf(said) == "invalid_grant"
}

// authorizeCommand is what an operator is told to run.
func authorizeCommand(account string) string {
	return fmt.Sprintf("popbridge account authorize %s --config FILE", account)
}
