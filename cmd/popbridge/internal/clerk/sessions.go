package clerk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
)

// Patience is how long answers are waited for: a running service that no database wakes
// looks every second whether somebody asks.
const Patience = 3 * time.Second

// Sessions is desk.Desk's.
func (c *Clerk) Sessions(ctx context.Context, name string) (r desk.Roll, err error) {
	account := ""
	if name != "" {
		if account, err = c.AccountName(name); err != nil {
			return r, err
		}
	}
	return c.roll(ctx, account)
}

// roll asks the others, if there may be any: only PostgreSQL is shared by several.
func (c *Clerk) roll(ctx context.Context, account string) (desk.Roll, error) {
	r := desk.Roll{Proxies: []string{}, Silent: []string{}, Sessions: []desk.Session{}}
	if c.Here != nil && c.Store.Kind() != ledger.DriverPostgres {
		r.Proxies = []string{c.Here.Name()}
		for _, p := range c.Here.Present(account) {
			r.Sessions = append(r.Sessions, desk.Session{SessionInfo: p, Proxy: r.Proxies[0]})
		}
		return r, nil
	}
	answers, err := c.Store.Events.Who(ctx, account, Patience)
	if err != nil {
		return r, err
	}
	r.Proxies, r.Silent = slices.AppendSeq(r.Proxies, maps.Keys(answers.Present)), append(r.Silent, answers.Silent...)
	slices.Sort(r.Proxies)
	for _, proxy := range r.Proxies {
		for _, p := range answers.Present[proxy] {
			r.Sessions = append(r.Sessions, desk.Session{SessionInfo: p, Proxy: proxy})
		}
	}
	slices.SortStableFunc(r.Sessions, func(a, b desk.Session) int { return a.Since.Compare(b.Since) })
	return r, nil
}

// Kick is desk.Desk's.
func (c *Clerk) Kick(ctx context.Context, name, device string) (k desk.Kicked, err error) {
	account, err := c.AccountName(name)
	if err != nil {
		return k, err
	}
	known, err := c.Store.Account(ctx, account)
	if err != nil {
		return k, unknown(err)
	}
	if device != "" && !hasLoggedIn(known, device) {
		return k, &desk.Fault{Kind: desk.Unknown, Err: fmt.Errorf("device %q of account %q has never logged in; see %q", device, account, "popbridge account device list")}
	}
	r, err := c.roll(ctx, account)
	if err != nil {
		return k, err
	}
	if device != "" {
		r.Sessions = slices.DeleteFunc(r.Sessions, func(s desk.Session) bool { return !strings.EqualFold(s.Device, device) })
	}
	// Also where nobody seems to be logged in: one may be logging in now, and a proxy
	// that has not answered acts on it when it does.
	end := events.Event{Kind: events.Kick, Account: account, Device: device}
	err = c.Store.Events.Publish(ctx, end)
	if errors.Is(err, ledger.ErrNeedsDisk) && c.Here != nil {
		c.Here.Apply(end)
		err = nil
	}
	return desk.Kicked{Account: account, Device: device, Sessions: len(r.Sessions), Silent: r.Silent, Proxies: r.Proxies}, err
}
