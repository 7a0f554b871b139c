package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Tokens is where access tokens come from.
type Tokens interface {
	// Token gives an access token for an account of an upstream, another one than
	// refused where there is one to be had. Its errors are Refusals.
	Token(ctx context.Context, u configs.Upstream, account string, refused configs.Secret) (configs.Secret, error)
}

// ErrUnproven keeps a mailbox shut where nobody would check the device's
// password: the upstream is not shown it.
var ErrUnproven = errors.New(`the password is not one of the account's device passwords, and with auth = "oauth2" the upstream accepts no passwords`)

// TryToken logs in with a token that popbridge has been given. One that wrong says the
// server does not want any more, though its time is not over, is replaced once.
func TryToken(ctx context.Context, tokens Tokens, r backend.Request, try func(token configs.Secret) error, wrong func(error) bool) error {
	if tokens == nil {
		return translate.Permanent(errors.New("there is nothing here to get access tokens with"))
	}
	token, err := tokens.Token(ctx, r.Upstream, r.Account, configs.Secret{})
	if err != nil {
		return err
	}
	if err = try(token); err == nil || !wrong(err) {
		return err
	}
	other, terr := tokens.Token(ctx, r.Upstream, r.Account, token)
	switch {
	case terr != nil:
		return terr
	case other.Reveal() == token.Reveal():
		return err
	}
	return try(other)
}

// TokenLogin is how a server is shown an access token.
type TokenLogin struct {
	Mechanism string // of SASL
	Initial   []byte // response
	Refused   []byte // what acknowledges the challenge that says why one is refused
}

// ShowToken gives the login by the mechanism that is configured, or by the other one
// where only that is announced.
func ShowToken(r backend.Request, token configs.Secret, announced func(mechanism string) bool) (TokenLogin, error) {
	if strings.ContainsAny(r.Account+token.Reveal(), "\x00\x01\r\n") || token.Empty() {
		return TokenLogin{}, translate.BadCredentials(errors.New("the name or the token holds what no token can"))
	}
	for _, m := range []configs.Mechanism{r.Upstream.OAuth2.Mechanism, configs.MechanismXOAuth2, configs.MechanismOAuthBearer} {
		name := strings.ToUpper(m.String())
		switch {
		case !announced(name):
		case m == configs.MechanismOAuthBearer:
			// RFC 7628 §3.2.3: a refusal is acknowledged with one 0x01.
			return TokenLogin{name, oauthBearer(r, token), []byte{1}}, nil
		default:
			return TokenLogin{name, xoauth2(r.Account, token), []byte{}}, nil
		}
	}
	err := errors.New("the server announces neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER, so it takes no access token on this connection")
	if !r.Bearer.Empty() {
		return TokenLogin{}, translate.BadCredentials(err)
	}
	return TokenLogin{}, translate.Permanent(err)
}

// xoauth2 is Google's initial response
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
func xoauth2(account string, token configs.Secret) []byte {
	return []byte("user=" + account + "\x01auth=Bearer " + token.Reveal() + "\x01\x01")
}

// oauthBearer is the initial response of RFC 7628 §3.1, with the account as the
// GS2 header's authorization identity (RFC 5801 §4).
func oauthBearer(r backend.Request, token configs.Secret) []byte {
	identity := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(r.Account)
	response := "n,a=" + identity + ",\x01"
	if host, port, err := net.SplitHostPort(r.Upstream.Address); err == nil {
		response += "host=" + host + "\x01port=" + port + "\x01"
	}
	return []byte(response + "auth=Bearer " + token.Reveal() + "\x01\x01")
}

// RefusedToken is the status in the challenge that tells why a token is refused
// (RFC 7628 §3.2.2): such as invalid_token, or 401 from Google.
func RefusedToken(challenge []byte) string {
	var said struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(challenge, &said) != nil || said.Status == "" {
		return "nothing that can be read"
	}
	return said.Status[:min(len(said.Status), 100)]
}
