package proxy

import (
	"fmt"

	"popbridge/configs"
	"popbridge/translate"
)

// Destination is where an account's mail lies on one upstream.
type Destination struct {
	Upstream configs.Upstream
	Maildrop configs.Maildrop
	Login    string // the account's name upstream
	Page     string // the maildrop's name in the ledger, whatever the upstream
}

// DestinationOn finds where an account lies on a named upstream: as the route
// says that leads it there, else as the one that it takes now, with the upstream
// in its place. Only what every login of the account may take counts: routes that
// are for a device, a listener or a network do not.
func DestinationOn(cfg *configs.Config, upstream, account string) (Destination, error) {
	u, ok := cfg.Upstream[upstream]
	if !ok {
		return Destination{}, fmt.Errorf("upstream %q is not in the configuration", upstream)
	}
	var now, there *configs.Route
	for _, r := range cfg.Routes() {
		if !r.User.Match(account) || !forEveryLogin(r) {
			continue
		}
		if now == nil {
			now = &r
		}
		if there == nil && r.Upstream == upstream {
			there = &r
		}
	}
	switch {
	case now == nil:
		return Destination{}, fmt.Errorf("no route serves every login of account %q", account)
	case there == nil:
		there = now
	}
	return Destination{
		Upstream: u,
		Maildrop: cfg.Maildrop[there.Maildrop].On(u),
		Login:    translate.Login{Account: account}.Expand(there.Account),
		Page:     now.Maildrop,
	}, nil
}

// Served names the upstream that the routes lead every login of an account to.
func Served(cfg *configs.Config, account string) (string, error) {
	for _, r := range cfg.Routes() {
		if r.User.Match(account) && forEveryLogin(r) {
			return r.Upstream, nil
		}
	}
	return "", fmt.Errorf("no route serves every login of account %q", account)
}

// forEveryLogin reports whether a route serves every login of the accounts that it
// matches.
func forEveryLogin(r configs.Route) bool {
	return r.Action == configs.ActionServe && r.Device.Match("") && r.Listener == "" && len(r.Client) == 0
}
