package oauth

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"

	"popbridge/configs"
	"popbridge/translate"
)

// Prompt is what the owner of an account needs in order to agree. It comes from a
// server: show it with care.
type Prompt struct {
	Address string // to open in a browser
	Code    string // to type in there; empty with flow = code
	Expires time.Time
}

// Owner is where the owner of an account is asked, and answers.
type Owner struct {
	// Ask shows what they need.
	Ask func(Prompt) error
	// Pasted gives the addresses that a browser on another machine has ended at, for
	// flow = code; nil where nobody can give one.
	Pasted <-chan string
	// Mistaken tells what is wrong with one; another may follow.
	Mistaken func(error)
}

// patience is how long an owner may take where the server does not say it, and
// the longest pause between two questions whether it is done.
const (
	patience = 15 * time.Minute
	maxPause = 60 // seconds
)

// errNoRefresh says that the agreement would not last.
var errNoRefresh = errors.New("the server gave no refresh token, so this would end with the first access token: scopes may lack offline_access")

// errNobody says that the owner has not come.
var errNobody = errors.New("nobody has agreed in time; run the command again")

// Authorize asks an account's owner to agree, by a code that they type (RFC 8628) or
// in a browser that comes back (RFC 6749 §4.1), waits until they have done it, and
// keeps what comes of it. Running proxies see it at the account's next login.
func (s *Source) Authorize(ctx context.Context, u configs.Upstream, account string, owner Owner) error {
	g := &grant{s: s, key: grantKey(u, account), upstream: u, account: account}
	ctx, err := withClient(ctx, u)
	if err != nil {
		return err
	}
	ask := g.byDevice
	if u.OAuth2.Flow == configs.FlowCode {
		ask = g.byCode
	}
	token, err := ask(ctx, owner)
	switch {
	case err != nil:
		return g.explain(err)
	case token.RefreshToken == "":
		return errNoRefresh
	}
	data, _, err := toKeep(token, time.Now())
	if err != nil {
		return err
	}
	return s.vault.PutSecret(ctx, secretKind, account, u.Name, data)
}

// byDevice has the owner type a code at any machine (RFC 8628).
func (g *grant) byDevice(ctx context.Context, owner Owner) (*oauth2.Token, error) {
	c := config(g.upstream.OAuth2)
	pending, err := c.DeviceAuth(ctx)
	if err != nil {
		return nil, err
	}
	if pending.Interval < 0 || pending.Interval > maxPause {
		pending.Interval = maxPause
	}
	if pending.Expiry.IsZero() {
		pending.Expiry = time.Now().Add(patience)
	}
	if err := owner.Ask(Prompt{Address: pending.VerificationURI, Code: pending.UserCode, Expires: pending.Expiry}); err != nil {
		return nil, err
	}
	token, err := c.DeviceAccessToken(ctx, pending)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errNobody
	}
	return token, err
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
