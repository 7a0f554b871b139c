package route

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"

	"popbridge/configs"
	"popbridge/translate"
)

// On finds where an account's mail lies on a named upstream: as the route says
// that leads it there, else as the one that it takes now, with the upstream in its
// place. Routes for one device, listener or network do not count.
func On(cfg *configs.Config, upstream, account string) (Target, error) {
	if _, ok := cfg.Upstream[upstream]; !ok {
		return Target{}, fmt.Errorf("upstream %q is not in the configuration", upstream)
	}
	var now, there *configs.Route
	for _, r := range ofEvery(cfg, account) {
		if now == nil {
			now = &r
		}
		if r.Upstream == upstream {
			there = &r
			break
		}
	}
	switch {
	case now == nil:
		return Target{}, noRoute(account)
	case there == nil:
		there = now
	}
	t := targetOn(cfg, *there, translate.Login{Account: account}, upstream)
	t.Key.Name = now.Maildrop
	return t, nil
}

// Boxes are an account's mailboxes on all upstreams, in the order of their names.
func Boxes(cfg *configs.Config, account string) (boxes []translate.Box) {
	for _, upstream := range slices.Sorted(maps.Keys(cfg.Upstream)) {
		if t, err := On(cfg, upstream, account); err == nil {
			boxes = append(boxes, t.Box())
		}
	}
	return boxes
}

// ServedFrom names the upstream that the routes lead every login of an account to.
func ServedFrom(cfg *configs.Config, account string) (string, error) {
	for _, r := range ofEvery(cfg, account) {
		return r.Upstream, nil
	}
	return "", noRoute(account)
}

func noRoute(account string) error {
	return fmt.Errorf("no route serves every login of account %q", account)
}

// Of gives the routes that match an account, whatever its device, listener and
// network, with their numbers in the file, which begin with 0 as they do in messages
// about the configuration. Those that refuse are among them.
func Of(cfg *configs.Config, account string) iter.Seq2[int, configs.Route] {
	return func(yield func(int, configs.Route) bool) {
		for i, r := range cfg.Routes() {
			if r.User.Match(account) && !yield(i, r) {
				return
			}
		}
	}
}

// MayTake gives the routes that logins of an account may take, with their numbers: up
// to the first that matches whatever device, listener and network. A login that one of
// them refuses is refused.
func MayTake(cfg *configs.Config, account string) iter.Seq2[int, configs.Route] {
	return func(yield func(int, configs.Route) bool) {
		for n, r := range Of(cfg, account) {
			if !yield(n, r) || r.Device.Any() && r.Listener == "" && len(r.Client) == 0 {
				return
			}
		}
	}
}

// ofEvery gives those of an account's routes that serve every login of it.
func ofEvery(cfg *configs.Config, account string) iter.Seq2[int, configs.Route] {
	return func(yield func(int, configs.Route) bool) {
		for n, r := range Of(cfg, account) {
			if r.Action == configs.ActionServe && ofEveryLogin(r) && !yield(n, r) {
				return
			}
		}
	}
}

// ServingDevice gives the routes that serve a device of an account, whatever its
// listener and network, with their numbers.
func ServingDevice(cfg *configs.Config, login translate.Login) iter.Seq2[int, configs.Route] {
	return func(yield func(int, configs.Route) bool) {
		for i, r := range Of(cfg, login.Account) {
			if r.Action == configs.ActionServe && r.Device.Match(login.Device) && !yield(i, r) {
				return
			}
		}
	}
}

// Reachable gives the routes that a login on a connection may take and be served,
// whoever it turns out to be. One that leaves its upstream to a directory may lead to
// any.
func Reachable(cfg *configs.Config, listener string, client netip.Addr) (routes []configs.Route) {
	for _, r := range cfg.Routes() {
		if r.Action != configs.ActionServe || !reachable(r, listener, client) {
			continue
		}
		if r.Upstream != "" {
			routes = append(routes, r)
			continue
		}
		for _, r.Upstream = range slices.Sorted(maps.Keys(cfg.Upstream)) {
			routes = append(routes, r)
		}
	}
	return routes
}

// Upstreams gives the logins upstream that an account's routes lead to, whatever its
// device, each once.
func Upstreams(cfg *configs.Config, account string) (targets []Target) {
	for _, r := range Of(cfg, account) {
		if r.Action != configs.ActionServe {
			continue
		}
		t := targetOn(cfg, r, translate.Login{Account: account}, r.Upstream)
		if !slices.ContainsFunc(targets, func(o Target) bool { return o.Upstream.Name == t.Upstream.Name && o.UpstreamLogin == t.UpstreamLogin }) {
			targets = append(targets, t)
		}
	}
	return targets
}

// MaildropsOn gives the maildrops that routes lead to an upstream, each once.
func MaildropsOn(cfg *configs.Config, upstream string) (drops []configs.Maildrop) {
	seen := make(map[string]bool)
	for _, r := range cfg.Routes() {
		if (r.Upstream == upstream || r.Upstream == "") && r.Action == configs.ActionServe && !seen[r.Maildrop] {
			seen[r.Maildrop] = true
			drops = append(drops, cfg.Maildrop[r.Maildrop])
		}
	}
	return drops
}
