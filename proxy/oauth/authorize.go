package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Prompt is what the owner of an account needs in order to agree. It comes from a
// server: show it with care.
type Prompt struct {
	Address string // to open in a browser
	Code    string // to type in there
	Expires time.Time
}

// patience is how long an owner may take where the server does not say it, and
// the longest pause between two questions whether it is done.
const (
	patience = 15 * time.Minute
	maxPause = 60 // seconds
)

// Authorize asks an account's owner to agree (RFC 8628): ask is called with what
// they need, then Authorize waits until they have done it, and keeps what comes of
// it. Running proxies see it at the account's next login.
func (s *Source) Authorize(ctx context.Context, u configs.Upstream, account string, ask func(Prompt) error) error {
	g := &grant{s: s, key: grantKey(u, account), upstream: u, account: account}
	ctx, err := withClient(ctx, u)
	if err != nil {
		return err
	}
	c := config(u.OAuth2)
	pending, err := c.DeviceAuth(ctx)
	if err != nil {
		return g.explain(err)
	}
	if pending.Interval < 0 || pending.Interval > maxPause {
		pending.Interval = maxPause
	}
	if pending.Expiry.IsZero() {
		pending.Expiry = time.Now().Add(patience)
	}
	if err := ask(Prompt{Address: pending.VerificationURI, Code: pending.UserCode, Expires: pending.Expiry}); err != nil {
		return err
	}
	token, err := c.DeviceAccessToken(ctx, pending)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("nobody has agreed in time; run the command again")
	case err != nil:
		return g.explain(err)
	case token.RefreshToken == "":
		return errors.New("the server gave no refresh token, so this would end with the first access token: scopes may lack offline_access")
	}
	data, _, err := toKeep(token, time.Now())
	if err != nil {
		return err
	}
	return s.vault.PutSecret(ctx, secretKind, account, u.Name, data)
}

// Logout forgets what an account's owner has agreed to. It reports whether there
// was anything.
func (s *Source) Logout(ctx context.Context, u configs.Upstream, account string) (bool, error) {
	data, err := s.vault.Secret(ctx, secretKind, account, u.Name)
	if err == nil && data == nil {
		return false, nil
	}
	// What cannot be read is dropped as well.
	if err := s.vault.DropSecret(ctx, secretKind, account, u.Name); err != nil {
		return false, err
	}
	return true, nil
}

// Check gets a token where that needs no account, and otherwise looks whether the
// token endpoint can be reached. It gives what it has found out.
func (s *Source) Check(ctx context.Context, u configs.Upstream) (string, error) {
	if u.OAuth2.Flow == configs.FlowClientCredentials {
		if _, err := s.Token(ctx, u, "", configs.Secret{}); err != nil {
			return "", translate.Cause(err)
		}
		return "the token endpoint gives an access token", nil
	}
	address := u.OAuth2.TokenURL
	if u.OAuth2.Flow == configs.FlowJWT {
		service, err := u.OAuth2.ServiceAccount()
		if err != nil {
			return "", err
		}
		address = service.TokenURL
	}
	if err := reach(ctx, u, address); err != nil {
		return "", err
	}
	return "the token endpoint can be reached", nil
}
