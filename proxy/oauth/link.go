package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"popbridge/configs"
)

const (
	// linkKind names what is kept of a link in the vault; account and name are those of
	// the agreement that it asks for.
	linkKind = "oauth2 link"
	// linkLife is how long an owner may take to open one and agree.
	linkLife = 24 * time.Hour
)

// ErrNoLink refuses an address that asks an owner for nothing, or no longer.
var ErrNoLink = errors.New("this link was used, has been replaced by a newer one, or is older than a day")

// link is what is kept of an address that an owner opens once. Any proxy that shares the
// ledger may be the one that it leads to, and that the browser comes back to.
type link struct {
	Key      []byte    `json:"key"` // the digest of what the address holds
	Expires  time.Time `json:"expires"`
	State    string    `json:"state,omitempty"` // of the newest question, RFC 6749 §4.1.1
	Verifier string    `json:"verifier,omitempty"`
	Device   string    `json:"device,omitempty"`   // the newest device code, RFC 8628 §3.2
	Interval int64     `json:"interval,omitempty"` // how long to wait before each question for it, in seconds
}

// MakeLink makes the key of an address by which an account's owner agrees in a browser,
// once, within a day. One that was made before is no longer good.
func (s *Source) MakeLink(ctx context.Context, u configs.Upstream, account string) (key string, expires time.Time, err error) {
	key = rand.Text()
	digest := sha256.Sum256([]byte(key))
	l := link{Key: digest[:], Expires: time.Now().Add(linkLife)}
	return key, l.Expires, s.keepLink(ctx, u, account, l)
}

func (s *Source) keepLink(ctx context.Context, u configs.Upstream, account string, l link) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return s.vault.PutSecret(ctx, linkKind, account, u.Name, data)
}

// linkOf gives the link of an agreement, or ErrNoLink.
func (s *Source) linkOf(ctx context.Context, u configs.Upstream, account string) (l link, err error) {
	data, err := s.vault.Secret(ctx, linkKind, account, u.Name)
	switch {
	case err != nil:
		return l, errVault{err}
	case data == nil || json.Unmarshal(data, &l) != nil || time.Now().After(l.Expires):
		return link{}, ErrNoLink
	}
	return l, nil
}

// OpenLink gives what the owner needs to sign in, for who holds the key. The browser comes
// back to redirect, or with flow = device is sent there by the owner, with a state that
// begins with words of the caller's. Who opens the link again begins anew: whatever looked at it before them, such
// as a mail filter, has used nothing up.
func (s *Source) OpenLink(ctx context.Context, u configs.Upstream, account, key, redirect, words string) (in SignIn, err error) {
	l, err := s.linkOf(ctx, u, account)
	if err != nil {
		return in, err
	}
	digest := sha256.Sum256([]byte(key))
	if subtle.ConstantTimeCompare(digest[:], l.Key) != 1 {
		return in, ErrNoLink
	}
	if u.OAuth2.Flow == configs.FlowDevice {
		return s.openByDevice(ctx, u, account, l, words)
	}
	l.State, l.Verifier = words+rand.Text(), oauth2.GenerateVerifier()
	if err := s.keepLink(ctx, u, account, l); err != nil {
		return in, err
	}
	c := config(u.OAuth2)
	c.RedirectURL = redirect
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(l.Verifier), oauth2.SetAuthURLParam("login_hint", account)}
	if at, err := url.Parse(u.OAuth2.AuthURL); err == nil && at.Host == "accounts.google.com" {
		// Google gives a site a refresh token only where it asks so, and only with a new
		// consent (https://developers.google.com/identity/protocols/oauth2/web-server).
		options = append(options, oauth2.AccessTypeOffline, oauth2.ApprovalForce)
	}
	return SignIn{Address: c.AuthCodeURL(l.State, options...), State: l.State, Expires: l.Expires}, nil
}

// UseLink takes what the browser came back with. What was agreed is kept only if works
// finds that it opens the mailbox: another person may have signed in, and what was agreed
// before must not be lost for that. The link ends with it, and not before.
func (s *Source) UseLink(ctx context.Context, u configs.Upstream, account, redirect string, said url.Values, works func() error) error {
	l, err := s.linkOf(ctx, u, account)
	if err != nil {
		return err
	}
	if l.State == "" {
		return ErrNoLink
	}
	g := &grant{s: s, key: grantKey(u, account), upstream: u, account: account}
	if ctx, err = withClient(ctx, u); err != nil {
		return err
	}
	var token *oauth2.Token
	if u.OAuth2.Flow == configs.FlowDevice {
		token, err = g.usedByDevice(ctx, l, said)
	} else {
		token, err = g.usedByCode(ctx, l, redirect, said)
	}
	switch {
	case errors.Is(err, ErrNoLink) || errors.Is(err, ErrNotYet):
		return err
	case err != nil:
		return g.explain(err)
	case token.RefreshToken == "":
		return errNoRefresh
	}
	before, err := s.vault.Secret(ctx, secretKind, account, u.Name)
	if err != nil {
		return errVault{err}
	}
	data, _, err := toKeep(token, time.Now())
	if err != nil {
		return err
	}
	if err := s.vault.PutSecret(ctx, secretKind, account, u.Name, data); err != nil {
		return err
	}
	s.Forget()
	if err := works(); err != nil {
		return errors.Join(err, s.restore(context.WithoutCancel(ctx), u, account, before))
	}
	return s.vault.DropSecret(ctx, linkKind, account, u.Name)
}

// usedByCode gets the tokens of an owner whose browser has come back with a code.
func (g *grant) usedByCode(ctx context.Context, l link, redirect string, said url.Values) (*oauth2.Token, error) {
	code, err := (&question{g: g, state: l.State}).answer(said)
	if errors.As(err, new(strayError)) {
		return nil, ErrNoLink
	} else if err != nil {
		return nil, err
	}
	c := config(g.upstream.OAuth2)
	c.RedirectURL = redirect
	g.tokens = append(g.tokens, code, l.Verifier)
	return c.Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
}

// restore puts back what was agreed before; nil is nothing.
func (s *Source) restore(ctx context.Context, u configs.Upstream, account string, before []byte) (err error) {
	if before == nil {
		err = s.vault.DropSecret(ctx, secretKind, account, u.Name)
	} else {
		err = s.vault.PutSecret(ctx, secretKind, account, u.Name, before)
	}
	s.Forget()
	if err != nil {
		return fmt.Errorf("what was agreed before could not be put back: %w", err)
	}
	return nil
}
