package oauth

import (
	"bytes"
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

// load gives what is kept, as it stands in the vault and read.
func (g *grant) load(ctx context.Context) (data []byte, a agreed, err error) {
	data, err = g.s.vault.Secret(ctx, secretKind, g.account, g.upstream.Name)
	switch {
	case err != nil:
		return nil, a, errVault{err}
	case data == nil:
		return nil, a, errNotAuthorized
	}
	if err := json.Unmarshal(data, &a); err != nil || a.Refresh == "" {
		return nil, a, errVault{errors.New("what the ledger holds of the authorization cannot be read")}
	}
	return data, a, nil
}

// toKeep is what the vault is to hold of a token.
func toKeep(t *oauth2.Token, since time.Time) ([]byte, held, error) {
	h := newHeld(t.AccessToken, since, t.Expiry)
	data, err := json.Marshal(agreed{Refresh: t.RefreshToken, Access: t.AccessToken, Since: h.since, Expires: h.expires})
	return data, h, err
}

// refresh gets a token by the refresh token that is kept (RFC 6749 §6). Another
// proxy may have done so before: then its token serves. So it is looked again
// where the refresh token is refused, or is no longer what is kept.
func (g *grant) refresh(ctx context.Context, refused configs.Secret) (held, error) {
	for {
		data, kept, err := g.load(ctx)
		if err != nil {
			return held{}, err
		}
		if h := newHeld(kept.Access, kept.Since, kept.Expires); h.fresh(time.Now()) && kept.Access != refused.Reveal() {
			return h, nil
		}
		if err := g.s.refusedBefore(g.key, kept.Refresh); err != nil {
			return held{}, err
		}
		g.tokens = append(g.tokens, kept.Refresh, kept.Access)
		since := time.Now()
		token, err := config(g.upstream.OAuth2).TokenSource(ctx, &oauth2.Token{RefreshToken: kept.Refresh}).Token()
		switch {
		case err == nil:
			g.tellOfEnd(kept.Refresh, token, since)
			if h, kept, err := g.renew(ctx, data, token, since); kept || err != nil {
				return h, err
			}
		case !isRefusedGrant(err):
			return held{}, err
		default:
			if now, _, lerr := g.load(ctx); lerr != nil || bytes.Equal(now, data) {
				g.s.refuseAgain(g.key, kept.Refresh, err)
				return held{}, errors.Join(lerr, err)
			}
		}
	}
}

// tellOfEnd tells of an authorization that ends within two weeks, where the server says so
// (refresh_token_expires_in, as Google and Microsoft have it) and has given no other refresh
// token: one that is replaced at each use lives on.
func (g *grant) tellOfEnd(shown string, t *oauth2.Token, now time.Time) {
	left, ok := t.Extra("refresh_token_expires_in").(float64)
	if ends := time.Duration(left) * time.Second; ok && left > 0 && ends < 14*24*time.Hour && t.RefreshToken == shown {
		g.s.tell(Trouble{Upstream: g.upstream.Name, Account: g.account, Ends: now.Add(ends)})
	}
}

// renew keeps what the server has given instead of what was kept; it reports false
// where that is not there any more. Where the ledger is away at this moment the old
// refresh token may be worth nothing by now, so the new one is offered to the vault
// until it takes it, or the process ends.
func (g *grant) renew(ctx context.Context, old []byte, token *oauth2.Token, since time.Time) (h held, kept bool, err error) {
	data, h, err := toKeep(token, since)
	if err != nil {
		return held{}, false, err
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		kept, err := g.offer(ctx, old, data)
		if err == nil {
			return h, kept, nil
		}
		g.s.log.Error("a renewed authorization cannot be stored; it is lost if this process ends before the ledger answers", "account", g.account, "upstream", g.upstream.Name, "cause", err)
		select {
		case <-g.s.ctx.Done():
			return held{}, false, errVault{err}
		case <-time.After(pause):
		}
		ctx = g.s.ctx
	}
}

func (g *grant) offer(ctx context.Context, old, data []byte) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, g.upstream.Timeout)
	defer cancel()
	return g.s.vault.SwapSecret(ctx, secretKind, g.account, g.upstream.Name, old, data)
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
