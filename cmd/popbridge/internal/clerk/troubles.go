package clerk

import (
	"cmp"
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

// MaxTroubles is how much of what went wrong one proxy tells.
const MaxTroubles = 100

// Troubles is desk.Service's, in a service's own process.
func (c *Clerk) Troubles(ctx context.Context, whom string) (all desk.Troubles, err error) {
	all.Troubles, all.Silent = []desk.Trouble{}, []string{}
	whom = strings.TrimSpace(whom)
	if _, err := netip.ParseAddr(whom); err != nil && whom != "" {
		// What is no account may be the name that a device calls itself.
		if account, err := c.AccountName(whom); err == nil {
			whom = account
		}
	}
	add := func(proxy string, some []backend.Trouble) {
		for _, t := range some {
			one := desk.Trouble{Trouble: t, Proxy: proxy}
			one.Words, one.Advice = desk.Explain(t)
			all.Troubles = append(all.Troubles, one)
		}
	}
	if c.Store.Kind() != ledger.DriverPostgres {
		add(c.Here.Name(), c.Here.Troubles(whom, MaxTroubles))
		return all, nil
	}
	replies, silent, err := c.Store.Events.Ask(ctx, events.Event{Kind: events.Trouble, Account: whom}, Patience)
	if err != nil {
		return all, err
	}
	for _, r := range replies {
		var some []backend.Trouble
		if err := json.Unmarshal(r.Data, &some); err != nil {
			return all, err
		}
		add(r.Proxy, some)
	}
	all.Silent = append(all.Silent, silent...)
	slices.SortStableFunc(all.Troubles, func(a, b desk.Trouble) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Proxy, b.Proxy)) })
	return all, nil
}
