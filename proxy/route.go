package proxy

import (
	"fmt"
	"net/netip"

	"popbridge/configs"
	"popbridge/translate"
)

// journey is where a login leads: who it is, and by which route.
type journey struct {
	translate.Login
	upstream configs.Upstream
	maildrop configs.Maildrop
	account  string // login upstream
	login    configs.LoginWith
	named    bool   // the route names the device (as_device)
	pageName string // the maildrop's name in the ledger
	moved    string // the upstream that an operator has moved the account to, empty for none
}

// travel finds the first route that matches. A login that no route matches, or
// that a route refuses, is an error that the device must not be able to tell
// from a wrong password. An account that was moved goes to its upstream instead
// of the route's.
func travel(cfg *configs.Config, listener string, client netip.Addr, login translate.Login, moved string) (journey, error) {
	for i, r := range cfg.Routes() {
		if !leads(r, listener, client, login) {
			continue
		}
		if r.Action == configs.ActionRefuse {
			return journey{}, fmt.Errorf("route %d refuses it", i+1)
		}
		page := r.Maildrop
		if upstream, account := home(cfg, r.Maildrop, login.Account); upstream != r.Upstream || account != login.Expand(r.Account) {
			page += "@" + r.Upstream + "/" + login.Expand(r.Account)
		}
		if moved != "" && moved != r.Upstream {
			if _, ok := cfg.Upstream[moved]; !ok {
				return journey{}, translate.Permanent(fmt.Errorf("the account was moved to upstream %q, which is not in the configuration", moved))
			}
			r = detour(cfg, r, listener, client, login, moved)
		}
		named := r.AsDevice != ""
		if named {
			login.Device = r.AsDevice
		}
		return journey{
			Login:    login,
			upstream: cfg.Upstream[r.Upstream],
			maildrop: cfg.Maildrop[r.Maildrop].On(cfg.Upstream[r.Upstream]),
			account:  login.Expand(r.Account),
			login:    r.Login,
			named:    named,
			pageName: page,
			moved:    moved,
		}, nil
	}
	return journey{}, fmt.Errorf("none of %d routes matches it", len(cfg.Routes()))
}

// leads reports whether a route is for a login.
func leads(r configs.Route, listener string, client netip.Addr, login translate.Login) bool {
	return r.User.Match(login.Account) && r.Device.Match(login.Device) &&
		(r.Listener == "" || r.Listener == listener) && within(r.Client, client)
}

// detour gives the route of a moved account: one for its login that leads to the
// upstream in question, for the account's name and the maildrop there, else the
// route that it had, with the upstream in its place. What is remembered of the
// account stays where it was, so that devices see the same unique-ids: it is the
// first route's.
func detour(cfg *configs.Config, had configs.Route, listener string, client netip.Addr, login translate.Login, moved string) configs.Route {
	for _, r := range cfg.Routes() {
		if r.Upstream == moved && r.Action == configs.ActionServe && leads(r, listener, client, login) {
			r.AsDevice = had.AsDevice
			return r
		}
	}
	had.Upstream = moved
	return had
}

// home gives the upstream, and the login there, to which an account's maildrop
// belongs. What is remembered of it outlives a change of upstream. Where several
// routes lead one account at the same time to several mailboxes, by device,
// listener or network, it belongs to the route that every login may take, else to
// the first, and the others have a page of their own.
func home(cfg *configs.Config, maildrop, account string) (upstream, login string) {
	owner := translate.Login{Account: account}
	for _, r := range cfg.Routes() {
		if !r.User.Match(account) || r.Action != configs.ActionServe || r.Maildrop != maildrop {
			continue
		}
		open := r.Device.Match("") && r.Listener == "" && len(r.Client) == 0
		if upstream == "" || open {
			upstream, login = r.Upstream, owner.Expand(r.Account)
		}
		if open {
			break
		}
	}
	return upstream, login
}

// within reports whether an address lies in one of the networks; an empty list
// is every network.
func within(networks []netip.Prefix, addr netip.Addr) bool {
	if len(networks) == 0 {
		return true
	}
	return contains(networks, addr)
}

// contains reports whether an address lies in one of the networks.
func contains(networks []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
