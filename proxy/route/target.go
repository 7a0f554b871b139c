package route

import (
	"strings"

	"popbridge/configs"
	"popbridge/translate"
)

// MaildropKey names a maildrop in the ledger, whatever upstream serves it now.
type MaildropKey struct {
	Account string // as devices name it, without the device
	Name    string // the maildrop's in the configuration, longer where the account has several places
}

// Block gives the name of the configuration's block of a maildrop in the ledger. Where
// an account is led to several places the name goes on behind an @, which no block's
// name can hold; see keyOf.
func Block(maildrop string) string {
	name, _, _ := strings.Cut(maildrop, "@")
	return name
}

// Target is where a login leads.
type Target struct {
	translate.Login                   // who it is; the device is the route's where that names one
	Upstream        configs.Upstream  // the server that has the mail
	UpstreamLogin   string            // the account's name there
	Maildrop        configs.Maildrop  // the policy, as it holds on that upstream
	LoginWith       configs.LoginWith // the credentials that the route takes
	Expect          translate.Expect  // how often the route expects the device
	NamesDevice     bool              // the route names the device (as_device)
	Key             MaildropKey       // where its maildrop is remembered
	MovedTo         string            // the upstream that an operator has moved the account to; empty: none
}

// Box is the mailbox there, as the ledger names it.
func (t Target) Box() translate.Box {
	return translate.Box{Upstream: t.Upstream.Name, Login: t.UpstreamLogin, Mailbox: t.Maildrop.Mailbox.First()}
}

// Through is where a route leads an account now: to its upstream, or where the account
// was moved to.
func Through(cfg *configs.Config, r configs.Route, login translate.Login, movedTo string) Target {
	if _, ok := cfg.Upstream[movedTo]; !ok {
		return targetOn(cfg, r, login, r.Upstream)
	}
	t := targetOn(cfg, r, login, movedTo)
	if there, err := On(cfg, movedTo, login.Account); err == nil {
		t.UpstreamLogin, t.Maildrop = there.UpstreamLogin, there.Maildrop
	}
	return t
}

// targetOn is where a route leads an account on an upstream that need not be the
// route's own.
func targetOn(cfg *configs.Config, r configs.Route, login translate.Login, upstream string) Target {
	u := cfg.Upstream[upstream]
	if r.Host != "" && upstream == r.Upstream {
		u.Address, u.HostGiven = r.Host, true
	}
	return Target{
		Login:         login,
		Upstream:      u,
		UpstreamLogin: login.Expand(r.Account),
		Maildrop:      cfg.Maildrop[r.Maildrop].On(u),
		LoginWith:     r.Login,
		Expect:        r.Expect,
		Key:           MaildropKey{Account: login.Account, Name: r.Maildrop},
	}
}
