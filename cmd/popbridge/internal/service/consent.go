package service

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/oauth"
)

// asked is what an owner is asked for, in the address and in the state that the provider
// gives back: any proxy that shares the ledger may have to know.
type asked struct {
	Account  string `json:"a"`
	Upstream string `json:"u"`
}

// stateEnd ends it in a state: no base64 holds it.
const stateEnd = "."

func (a asked) state() string {
	text, _ := json.Marshal(a) // two strings
	return base64.RawURLEncoding.EncodeToString(text) + stateEnd
}

func askedBy(state string) (a asked, ok bool) {
	words, _, found := strings.Cut(state, stateEnd)
	text, err := base64.RawURLEncoding.DecodeString(words)
	return a, found && err == nil && json.Unmarshal(text, &a) == nil
}

// consentURL is an address of the page as owners reach it.
func (o *office) consentURL(path string) (string, error) {
	if o.Config().Admin.URL == "" {
		return "", &desk.Fault{Kind: desk.Conflict, Err: errors.New("admin.url is empty, so nobody knows where an owner reaches this page; set it to the address that people use, and let the provider send browsers back to authorized below it")}
	}
	return strings.TrimRight(o.Config().Admin.URL, "/") + path, nil
}

// agreement is the login upstream that an owner is asked for.
func (o *office) agreement(ctx context.Context, a asked) (login backend.Request, err error) {
	account, err := o.AccountName(a.Account)
	if err != nil {
		return login, err
	}
	cfg, err := o.RoutesOf(ctx, account)
	if err != nil {
		return login, err
	}
	for _, l := range Agreements(cfg, account, a.Upstream) {
		return l, nil // where there are several and none is named, the first
	}
	return login, &desk.Fault{Kind: desk.Unknown, Err: fmt.Errorf(`no route takes %s to an upstream with auth = "oauth2" and flow = "code" or "device"`, account)}
}

// AskOwner is desk.Service's.
func (o *office) AskOwner(ctx context.Context, account, upstream string) (l desk.OwnerLink, err error) {
	login, err := o.agreement(ctx, asked{account, upstream})
	if err != nil {
		return l, err
	}
	if l.Address, err = o.consentURL("/authorize"); err != nil {
		return l, err
	}
	l.Account, _ = o.AccountName(account) // it was read before
	l.Upstream = login.Upstream.Name
	key, expires, err := o.pool.Tokens.MakeLink(ctx, login.Upstream, login.Account)
	if err != nil {
		return desk.OwnerLink{}, err
	}
	l.Expires = expires
	l.Address += "?" + url.Values{"account": {l.Account}, "upstream": {l.Upstream}, "key": {key}}.Encode()
	return l, nil
}

// OwnerAsked is desk.Service's.
func (o *office) OwnerAsked(ctx context.Context, account, upstream, key string) (c desk.Consent, err error) {
	a := asked{account, upstream}
	login, err := o.agreement(ctx, a)
	if err != nil {
		return c, noLink(err)
	}
	back, err := o.consentURL("/authorized")
	if err != nil {
		return c, err
	}
	in, err := o.pool.Tokens.OpenLink(ctx, login.Upstream, login.Account, key, back, a.state())
	if err != nil {
		return c, noLink(err)
	}
	c = consentOf(login)
	c.SignIn, c.Code, c.Expires = in.Address, in.Code, in.Expires
	if in.Code != "" {
		c.Done = back + "?" + url.Values{"state": {in.State}}.Encode()
	}
	return c, nil
}

// answered is the login upstream that a state was made for.
func (o *office) answered(ctx context.Context, state string) (login backend.Request, err error) {
	a, ok := askedBy(state)
	if !ok {
		return login, noLink(oauth.ErrNoLink)
	}
	login, err = o.agreement(ctx, a)
	return login, noLink(err)
}

// OwnerOf is desk.Service's.
func (o *office) OwnerOf(ctx context.Context, state string) (c desk.Consent, err error) {
	login, err := o.answered(ctx, state)
	if err != nil {
		return c, err
	}
	return consentOf(login), nil
}

// OwnerAnswered is desk.Service's.
func (o *office) OwnerAnswered(ctx context.Context, said url.Values) (c desk.Consent, err error) {
	login, err := o.answered(ctx, said.Get("state"))
	if err != nil {
		return c, err
	}
	back, err := o.consentURL("/authorized")
	if err != nil {
		return c, err
	}
	c = consentOf(login)
	return c, noLink(o.pool.Tokens.UseLink(ctx, login.Upstream, login.Account, back, said, func() error {
		for _, f := range o.pool.ProbeAccount(ctx, login) {
			if f.Err != nil {
				return &desk.Fault{Kind: desk.Conflict, Err: fmt.Errorf("the mailbox cannot be opened with this consent; did someone other than %s sign in? %w", login.Account, f.Err)}
			}
		}
		return nil
	}))
}

func consentOf(login backend.Request) desk.Consent {
	at := login.Upstream.OAuth2.AuthURL
	if login.Upstream.OAuth2.Flow == configs.FlowDevice {
		at = login.Upstream.OAuth2.DeviceURL
	}
	provider, _ := url.Parse(at) // it was checked
	return desk.Consent{
		Account: login.Account, Upstream: login.Upstream.Name, Server: login.Upstream.Address, Scopes: login.Upstream.OAuth2.Scopes,
		Provider: provider.Host,
	}
}

// noLink makes one answer of all that is wrong with an address: who has made it up learns
// nothing of accounts.
func noLink(err error) error {
	if errors.Is(err, oauth.ErrNotYet) {
		return &desk.Fault{Kind: desk.Conflict, Err: err}
	}
	if kind, is := desk.KindOf(err); errors.Is(err, oauth.ErrNoLink) || is && kind != desk.Conflict {
		return &desk.Fault{Kind: desk.Unknown, Err: oauth.ErrNoLink}
	}
	return err
}
