package service

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/route"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Check tries each upstream of a configuration, and where tokens come from. It tells
// what it has found as soon as it knows. What a login will look at that follows, if
// there is one, it leaves to that.
func (u Upstreams) Check(ctx context.Context, cfg *configs.Config, login *translate.Login, tell func(subject string, findings ...upstream.Finding)) {
	for _, name := range slices.Sorted(maps.Keys(cfg.Upstream)) {
		at := cfg.Upstream[name]
		try := func(subject string, look func(context.Context) []upstream.Finding) {
			tctx, cancel := context.WithTimeout(ctx, 2*at.Timeout)
			defer cancel()
			tell(fmt.Sprintf("upstream %s (%s)", name, subject), look(tctx)...)
		}
		try(at.Address, func(ctx context.Context) []upstream.Finding { return u.Probe(ctx, at, unseen(cfg, name, login)) })
		if at.Submission.Address != "" {
			try("submission "+at.Submission.Address, func(ctx context.Context) []upstream.Finding { return u.ProbeSubmission(ctx, at) })
		}
		if at.Auth == configs.AuthOAuth2 {
			try("tokens", func(ctx context.Context) []upstream.Finding {
				text, err := u.Tokens.Check(ctx, at)
				return []upstream.Finding{{Text: text, Err: err}}
			})
		}
	}
}

// unseen are the maildrops that logins get on an upstream, without those that the login
// will be shown.
func unseen(cfg *configs.Config, upstream string, login *translate.Login) []configs.Maildrop {
	drops := route.MaildropsOn(cfg, upstream)
	if login == nil {
		return drops
	}
	for _, r := range route.ServingDevice(cfg, *login) {
		if r.Upstream == upstream {
			drops = slices.DeleteFunc(drops, func(d configs.Maildrop) bool { return d.Name == r.Maildrop })
		}
	}
	return drops
}

// CheckLogin logs in as a device of an account would, over each route that it may
// take, and tells of each by its number in the file, as messages about the
// configuration count.
func (u Upstreams) CheckLogin(ctx context.Context, cfg *configs.Config, login translate.Login, password configs.Secret, tell func(subject string, findings ...upstream.Finding)) {
	cfg, err := u.RoutesOf(ctx, cfg, login)
	if err != nil {
		tell("login", upstream.Finding{Err: err})
		return
	}
	served := false
	for i, r := range route.ServingDevice(cfg, login) {
		served = true
		req := backend.Request{
			Upstream: route.Through(cfg, r, login, "").Upstream, Maildrop: cfg.Maildrop[r.Maildrop], Account: login.Expand(r.Account),
			Password: password, Client: netip.IPv6Loopback(), Log: hclog.NewNullLogger(),
		}
		tell(fmt.Sprintf("login by route[%d] (upstream %s as %s, maildrop %s)", i, r.Upstream, req.Account, r.Maildrop), u.ProbeAccount(ctx, req)...)
		if cfg.Sends() && req.Upstream.Submission.Address != "" {
			tell(fmt.Sprintf("login by route[%d] (upstream %s as %s, submission %s)", i, r.Upstream, req.Account, req.Upstream.Submission.Address), u.Relay.ProbeAccount(ctx, req)...)
		}
	}
	if !served {
		tell("login", upstream.Finding{Err: fmt.Errorf("no route serves account %s, device %q", login.Account, login.Device)})
	}
}
