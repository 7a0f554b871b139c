package alarms

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/ledger/watches"
	"popbridge/proxy/route"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Watchman looks for what is overdue and away. Its fields are set before Run.
type Watchman struct {
	Log     hclog.Logger
	Config  func() *configs.Config
	Watches *watches.Store
	// Wanted says whether operators are told of upstreams that are away.
	Wanted func() bool
	// Ready says why no device could log in here; nil where they can.
	Ready func(context.Context) error
	// Health is what is known of an upstream, Looked hears what came of a look at it, and
	// Probe takes one: it connects, without a login.
	Health func(upstream string) upstream.Health
	Looked func(upstream string, err error)
	Probe  func(context.Context, configs.Upstream) error
	// Now is the time; nil for the clock's.
	Now func() time.Time

	seen     map[string]*sight
	forgiven *configs.Config // with which nobody is overdue for whom it expects nothing
}

const (
	// lookEvery is how often it looks.
	lookEvery = 5 * time.Second
	// probeEvery is how often an upstream is asked at most, and how long its answer counts.
	probeEvery = 30 * time.Second
	// probePatience bounds one question.
	probePatience = 10 * time.Second
)

// Run looks until ctx ends.
func (w *Watchman) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
			w.Look(ctx)
		}
	}
}

// Look looks once. It is called by one goroutine.
func (w *Watchman) Look(ctx context.Context) {
	if err := w.look(ctx); err != nil && ctx.Err() == nil {
		w.Log.Debug("overdue devices cannot be looked for", "error", err)
	}
}

func (w *Watchman) look(ctx context.Context) error {
	if err := w.Ready(ctx); err != nil {
		return err // a device that cannot log in is not missed
	}
	any, err := w.Watches.Any(ctx)
	if err != nil || !any && !w.Wanted() {
		return err
	}
	away, err := w.upstreams(ctx)
	if err != nil || !any {
		return err
	}
	if err := w.Watches.Mark(ctx); err != nil {
		return err
	}
	cfg := w.Config()
	routes := func(account, device string) watches.Routes { return RoutesOf(cfg, account, device) }
	if w.forgiven != cfg {
		if err := w.Watches.Forgive(ctx, routes); err != nil {
			return err
		}
		w.forgiven = cfg
	}
	found, err := w.Watches.Overdue(ctx, routes, func(name string) bool { return away[name] || !w.answers(ctx, name) })
	for _, d := range found {
		w.Log.Warn("a device is overdue", "account", d.Account, "device", d.Device, "upstream", d.Upstream, "expect", d.Expect.String(), "last_login", d.LastLogin)
	}
	return err
}

// RoutesOf is what a configuration expects of a device.
func RoutesOf(cfg *configs.Config, account, device string) (r watches.Routes) {
	for _, one := range route.Of(cfg, account) {
		served := one.AsDevice == device
		if one.AsDevice == "" {
			served = one.Device.Match(device)
		}
		if one.Action != configs.ActionServe || !served {
			continue
		}
		if r.Upstream == "" {
			r.Upstream = route.Through(cfg, one, translate.Login{Account: account, Device: device}, "").Upstream.Name
		}
		if !one.Expect.Never() {
			r.Expects = append(r.Expects, one.Expect)
		}
	}
	return r
}
