package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"popbridge/configs"
)

// SignIn is what an owner is shown who has opened a link.
type SignIn struct {
	Address string // at the provider
	Code    string // to type in there; empty where the browser comes back by itself
	State   string // what the answer has to bring, RFC 6749 §4.1.1
	Expires time.Time
}

// ErrNotYet is for an owner who has not agreed at the provider.
var ErrNotYet = errors.New("the provider has not heard of your consent yet: type the code in there and agree, then come back to this page")

// linkPatience is how long the provider may take to say whether the owner has agreed, after
// the interval that it wants. It is less than the usual one, 5 s (RFC 8628 §3.2), so that a
// second question is not cut off.
const linkPatience = 4 * time.Second

// openByDevice asks the provider for a code that the owner types in there (RFC 8628).
// Who opens the link again gets another.
func (s *Source) openByDevice(ctx context.Context, u configs.Upstream, account string, l link, words string) (in SignIn, err error) {
	g := &grant{s: s, key: grantKey(u, account), upstream: u, account: account}
	ctx, err = withClient(ctx, u)
	if err != nil {
		return in, err
	}
	pending, err := config(u.OAuth2).DeviceAuth(ctx)
	if err != nil {
		return in, g.explain(err)
	}
	if pending.Interval < 0 || pending.Interval > maxPause {
		pending.Interval = maxPause
	}
	l.State, l.Device, l.Interval = words+rand.Text(), pending.DeviceCode, pending.Interval
	if err := s.keepLink(ctx, u, account, l); err != nil {
		return in, err
	}
	in = SignIn{Address: pending.VerificationURI, Code: pending.UserCode, State: l.State, Expires: l.Expires}
	if !pending.Expiry.IsZero() && pending.Expiry.Before(l.Expires) {
		in.Expires = pending.Expiry
	}
	return in, nil
}

// usedByDevice gets the tokens of an owner who says that the code was typed in.
func (g *grant) usedByDevice(ctx context.Context, l link, said url.Values) (*oauth2.Token, error) {
	if l.Device == "" || subtle.ConstantTimeCompare([]byte(said.Get("state")), []byte(l.State)) != 1 {
		return nil, ErrNoLink
	}
	g.tokens = append(g.tokens, l.Device)
	wait, cancel := context.WithTimeout(ctx, time.Duration(l.Interval)*time.Second+linkPatience)
	defer cancel()
	token, err := config(g.upstream.OAuth2).DeviceAccessToken(wait, &oauth2.DeviceAuthResponse{DeviceCode: l.Device, Interval: l.Interval})
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, ErrNotYet
	}
	return token, err
}
