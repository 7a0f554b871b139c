package clerk

import (
	"context"
	"errors"
	"slices"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// lastDeletions is how much of the journal Account gives.
const lastDeletions = 10

// Accounts is desk.Desk's.
func (c *Clerk) Accounts(ctx context.Context, q desk.AccountQuery) (page desk.AccountPage, err error) {
	page.Accounts = []desk.ListedAccount{}
	wanted := 0
	if q.Limit > 0 {
		wanted = q.Limit + 1 // so that it shows whether there are others
	}
	for a, err := range c.Store.AccountsAfter(ctx, q.Prefix, q.After, wanted) {
		if err != nil {
			return page, err
		}
		if q.Limit > 0 && len(page.Accounts) == q.Limit {
			page.More = true
			break
		}
		page.Accounts = append(page.Accounts, desk.ListedAccount(a))
	}
	return page, nil
}

// Account is desk.Desk's.
func (c *Clerk) Account(ctx context.Context, name string) (a desk.Account, err error) {
	account, err := c.AccountName(name)
	if err != nil {
		return a, err
	}
	was, err := c.Store.Progress.MoveOf(ctx, account)
	if err != nil {
		return a, err
	}
	known, err := c.Store.Account(ctx, account)
	// One that was disabled before it has ever logged in is known for that.
	if err != nil && !(errors.Is(err, ledger.ErrUnknown) && !was.Disabled.IsZero()) {
		return a, unknown(err)
	}
	journal, err := c.journal(ctx, account, desk.DeletionQuery{Last: lastDeletions})
	if err != nil {
		return a, err
	}
	cfg, err := c.RoutesOf(ctx, account)
	if err != nil {
		cfg = c.Config() // a directory that is away hides nothing else
	}
	a = desk.Account{Account: account, Disabled: was.Disabled, Reason: was.Why, Routes: routesOf(cfg, account, was.Upstream), Maildrops: []desk.Maildrop{}, Devices: devicesOf(known), Deletions: listed(journal)}
	if was.Upstream != "" || was.Working {
		m := MoveOf(was)
		a.Move = &m
	}
	for _, t := range route.Upstreams(cfg, account) {
		if u := t.Upstream; u.Auth == configs.AuthOAuth2 && u.OAuth2.Flow.NeedsOwner() && !slices.Contains(a.Consents, u.Name) {
			a.Consents = append(a.Consents, u.Name)
		}
	}
	for _, p := range known.Pages {
		a.Maildrops = append(a.Maildrops, maildropOf(cfg, p))
	}
	return a, nil
}

// MoveOf says where an account was moved.
func MoveOf(m migration.Placed) desk.Move {
	return desk.Move{Account: m.Account, Upstream: m.Upstream, Origin: m.Origin, At: m.At, Pending: m.Pending != "", Held: m.Held, Working: m.Working}
}

func maildropOf(cfg *configs.Config, p ledger.PageDetails) desk.Maildrop {
	m := desk.Maildrop{
		Maildrop: p.Maildrop, Beside: p.Beside, Upstream: p.Upstream, Login: p.Login, Mailbox: p.Mailbox, UIDValidity: p.UIDValidity, UIDNext: p.UIDNext,
		Messages: p.Messages, Octets: p.Octets, Mismatches: p.Mismatches, Formats: []desk.Format{}, Pinned: p.Pinned,
		AcceptNewIDs: p.AcceptNewIDs, Intents: p.Intents, Deletions: p.Deletions,
		LeftOut: p.LeftOut.String(), Frozen: string(p.Frozen),
		Policy: []string{"the configuration has no maildrop of this name any more"},
	}
	if drop, ok := cfg.Maildrop[route.Block(p.Maildrop)]; ok {
		m.Policy = policyWords(drop)
	}
	if m.Frozen != "" {
		m.FrozenSince = p.FrozenSince
	}
	for _, s := range p.Formats {
		m.Formats = append(m.Formats, desk.Format{From: s.From, Format: s.Format.String()})
	}
	return m
}

// routesOf gives the routes that logins of an account may take, and where they lead
// now: those of an account that was moved lead to its upstream.
func routesOf(cfg *configs.Config, account, movedTo string) []desk.Route {
	routes := []desk.Route{}
	for number, r := range route.MayTake(cfg, account) {
		shown := desk.Route{Number: number, Action: r.Action.String(), Device: r.Device.String(), Listener: r.Listener, AsDevice: r.AsDevice}
		for _, network := range r.Client {
			shown.Client = append(shown.Client, network.String())
		}
		if r.Action == configs.ActionServe {
			// The device is not known here: its place in the name stays open.
			t := route.Through(cfg, r, translate.Login{Account: account, Device: "{device}"}, movedTo)
			shown.Upstream, shown.Address, shown.Login, shown.Maildrop = t.Upstream.Name, t.Upstream.Address, t.UpstreamLogin, t.Maildrop.Name
			shown.Password, shown.Dele = t.LoginWith.String(), t.Maildrop.OnDelete.Describe(t.Maildrop.Target())
		}
		routes = append(routes, shown)
	}
	return routes
}
