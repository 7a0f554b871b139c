package route

import (
	"fmt"
	"net/netip"

	"popbridge/configs"
	"popbridge/translate"
)

// Attempt is a login that asks where it leads.
type Attempt struct {
	translate.Login
	Listener string     // the listener's label
	Client   netip.Addr // the device's address
	MovedTo  string     // the upstream that an operator has moved the account to; empty: none
}

// Resolve finds the first route that matches a login. Its errors are the login's
// own, for the log: the device hears what it hears of a wrong password. Only where
// the configuration is at fault the error is a Refusal already. An account that
// was moved goes to its upstream instead of the route's.
func Resolve(cfg *configs.Config, a Attempt) (Target, error) {
	routes := cfg.Routes()
	for i, r := range routes {
		if !a.matches(r) {
			continue
		}
		if r.Action == configs.ActionRefuse {
			return Target{}, fmt.Errorf("route[%d] refuses it", i)
		}
		key := keyOf(routes, r, a.Login)
		if a.MovedTo != "" && a.MovedTo != r.Upstream {
			if _, ok := cfg.Upstream[a.MovedTo]; !ok {
				return Target{}, translate.Permanent(fmt.Errorf("the account was moved to upstream %q, which is not in the configuration", a.MovedTo))
			}
			r = resolveMoved(routes, r, a)
		}
		if r.AsDevice != "" {
			a.Device = r.AsDevice
		}
		t := targetOn(cfg, r, a.Login, r.Upstream)
		t.NamesDevice, t.Key, t.MovedTo = r.AsDevice != "", key, a.MovedTo
		return t, nil
	}
	return Target{}, fmt.Errorf("none of %d routes matches it", len(routes))
}

// matches reports whether a route is for this login.
func (a Attempt) matches(r configs.Route) bool {
	return r.User.Match(a.Account) && r.Device.Match(a.Device) && reachable(r, a.Listener, a.Client)
}

// reachable reports whether a route is for connections to a listener from an
// address.
func reachable(r configs.Route, listener string, client netip.Addr) bool {
	return (r.Listener == "" || r.Listener == listener) && configs.Within(r.Client, client)
}

// resolveMoved gives the route of a moved account: the first for its login that
// leads to its new upstream, for the account's name and the policy there; else the
// route that it had, with the upstream in its place.
func resolveMoved(routes []configs.Route, had configs.Route, a Attempt) configs.Route {
	for _, r := range routes {
		if r.Upstream == a.MovedTo && r.Action == configs.ActionServe && a.matches(r) {
			r.AsDevice, r.Expect = had.AsDevice, had.Expect
			return r
		}
	}
	had.Upstream = a.MovedTo
	return had
}

// keyOf names the maildrop that a route leads a login to. An account whose routes
// lead to several mailboxes at the same time, by device, listener or network, has
// one maildrop that bears the configuration's name, its primary one; the name of
// each of the others tells the upstream and the login there too.
func keyOf(routes []configs.Route, r configs.Route, login translate.Login) MaildropKey {
	key := MaildropKey{Account: login.Account, Name: r.Maildrop}
	upstreamLogin := login.Expand(r.Account)
	if upstream, account := primary(routes, r.Maildrop, login.Account); upstream != r.Upstream || account != upstreamLogin {
		key.Name += "@" + r.Upstream + "/" + upstreamLogin
	}
	return key
}

// primary gives the upstream of an account's primary maildrop and the login there:
// those of the route that every login may take, else of the first.
func primary(routes []configs.Route, maildrop, account string) (upstream, login string) {
	owner := translate.Login{Account: account}
	for _, r := range routes {
		if r.Alone != nil {
			r = *r.Alone
		}
		if !r.User.Match(account) || r.Action != configs.ActionServe || r.Maildrop != maildrop {
			continue
		}
		every := ofEveryLogin(r)
		if upstream == "" || every {
			upstream, login = r.Upstream, owner.Expand(r.Account)
		}
		if every {
			break
		}
	}
	return upstream, login
}

// ofEveryLogin reports whether a route is for every login of the accounts that it
// matches, and not for a device, a listener or a network alone.
func ofEveryLogin(r configs.Route) bool {
	return r.Device.Match("") && r.Listener == "" && len(r.Client) == 0
}
