package service

import (
	"context"
	"crypto/tls"
	"maps"
	"math"
	"net"
	"slices"
	"time"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

// office is the desk at a running service: what commands ask too the clerk does.
type office struct {
	*clerk.Clerk
	*Service
}

// newOffice makes one for a service that is being made.
func newOffice(s *Service) *office {
	config := func() *configs.Config { return s.current.Load().config }
	return &office{Service: s, Clerk: &clerk.Clerk{
		Config: config, Store: s.store,
		RoutesOf: func(ctx context.Context, account string) (*configs.Config, error) {
			return s.pool.RoutesOf(ctx, config(), translate.Login{Account: account})
		},
		Pool: func() (*imapbox.Pool, func()) { return s.pool.IMAP, func() {} },
		Here: here{s},
	}}
}

// here is the service's own side.
type here struct{ *Service }

// Name is clerk.Here's.
func (h here) Name() string { return h.store.Label() }

// Present is clerk.Here's.
func (h here) Present(account string) []backend.SessionInfo { return h.server.Present(account) }

// Apply is clerk.Here's.
func (h here) Apply(e events.Event) { h.apply(e, math.MaxInt64) }

// Troubles is clerk.Here's.
func (h here) Troubles(whom string, limit int) []backend.Trouble {
	return h.troubles.About(whom, limit)
}

// inForce is the configuration that is, and what was refused since.
type inForce struct {
	config   *configs.Config
	path     string // empty: it was not read from a file
	loaded   time.Time
	settings []configs.Setting
	warnings configs.Problems
	refused  time.Time
	mistakes configs.Problems
}

// Configuration is desk.Service's.
func (o *office) Configuration(context.Context) (desk.Configuration, error) {
	now := o.current.Load()
	return desk.Configuration{
		Path: now.path, Loaded: now.loaded, Settings: append([]configs.Setting{}, now.settings...), Warnings: mistakesOf(now.warnings),
		Refused: now.refused, Mistakes: mistakesOf(now.mistakes),
	}, nil
}

func mistakesOf(list configs.Problems) []desk.Mistake {
	told := make([]desk.Mistake, len(list))
	for i, p := range list {
		told[i] = desk.Mistake{File: p.File, Line: p.Line, Key: p.Key, Text: p.Text}
	}
	return told
}

// Upstreams is desk.Service's.
func (o *office) Upstreams(context.Context) ([]desk.Upstream, error) {
	cfg, took := o.Config(), o.counts.LoginTimes()
	list := []desk.Upstream{}
	for _, name := range slices.Sorted(maps.Keys(cfg.Upstream)) {
		u, h := cfg.Upstream[name], o.vitals.Health(name)
		one := desk.Upstream{
			Name: name, Address: u.Address, Protocol: u.Protocol.String(), TLS: u.TLS.String(), Auth: u.Auth.String(),
			State: "unknown", Answered: h.Answered, Failed: h.Failed, Connections: h.Connections, Parked: h.Parked, LoginMillis: took[name].Milliseconds(),
		}
		switch {
		case !h.Away.IsZero():
			one.State, one.Since = "away", h.Away
		case !h.Answered.IsZero():
			one.State = "up"
		}
		list = append(list, one)
	}
	return list, nil
}

// Overview is desk.Service's.
func (o *office) Overview(ctx context.Context) (desk.Overview, error) {
	cfg := o.Config()
	v := desk.Overview{
		Proxy: o.store.Label(), Version: o.build.Version, Commit: o.build.Commit, Started: o.began,
		Sessions: len(o.server.Present("")), Listeners: []desk.Listener{}, Minutes: o.pulse.Minutes(), Expiring: expiring(cfg),
	}
	if err := o.overdue(ctx, &v); err != nil {
		return v, err
	}
	if err := o.ready(ctx); err != nil {
		v.NotReady = err.Error()
	}
	began := time.Now()
	if err := o.store.Ping(ctx); err != nil {
		v.Ledger.Error = err.Error()
	}
	v.Ledger.Driver, v.Ledger.AnswerMicros = o.store.Kind(), time.Since(began).Microseconds()
	open := o.server.Addresses()
	for _, name := range slices.Sorted(maps.Keys(open)) {
		l := cfg.Listener[name]
		v.Listeners = append(v.Listeners, desk.Listener{Name: name, Address: open[name].String(), Protocol: l.Protocol.String(), TLS: l.TLS.String()})
	}
	return v, nil
}

// overdue adds the devices that are. A ledger that fails is told of by ready.
func (o *office) overdue(ctx context.Context, v *desk.Overview) error {
	v.Overdue = []desk.OverdueDevice{}
	watched, overdue, err := o.store.Watches.Count(ctx)
	if err != nil {
		return nil
	}
	late, err := o.store.Watches.Late(ctx, desk.MaxOverdue)
	for _, d := range late {
		v.Overdue = append(v.Overdue, desk.OverdueDevice{
			Account: d.Account, Device: d.Device, Upstream: d.Upstream, Expect: d.Expect.String(), Every: int64(d.Every.Seconds()), LastLogin: d.LastLogin, Since: d.Overdue,
		})
	}
	v.Watched, v.MoreOverdue = watched, max(overdue-int64(len(late)), 0)
	return err
}

// expiring are the certificates of listeners and of the page, and what popbridge shows to
// authorization servers, the first to end first.
func expiring(cfg *configs.Config) []desk.Expiring {
	list := []desk.Expiring{}
	add := func(what string, p configs.KeyPair) {
		if pair, err := p.Load(); err == nil {
			list = append(list, desk.Expiring{What: what, File: p.Certificate, Ends: pair.Leaf.NotAfter})
		}
	}
	for name, l := range cfg.Listener {
		for _, p := range l.KeyPairs() {
			add("listener "+name, p)
		}
	}
	if a := cfg.Admin; a.Certificate != "" {
		add("admin", configs.KeyPair{Certificate: a.Certificate, Key: a.Key})
	}
	for name, u := range cfg.Upstream {
		o := u.OAuth2
		if o.ClientCertificate != "" {
			add("client certificate of upstream "+name, configs.KeyPair{Certificate: o.ClientCertificate, Key: o.ClientKey})
		}
		if !o.ClientSecretExpires.IsZero() {
			list = append(list, desk.Expiring{What: "client secret of upstream " + name, Ends: o.ClientSecretExpires.Time})
		}
	}
	slices.SortFunc(list, func(a, b desk.Expiring) int { return a.Ends.Compare(b.Ends) })
	return list
}

// adminTLS is what the page and the API are protected with; nil for plain HTTP.
func adminTLS(a configs.Admin) (*tls.Config, error) {
	if a.Certificate == "" {
		return nil, nil
	}
	pair := configs.KeyPair{Certificate: a.Certificate, Key: a.Key}
	kept, err := newKeptPair(pair)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: kept.get}, nil
}

// AdminAddr is where the page and the API are served; nil where they are not.
func (s *Service) AdminAddr() net.Addr { return s.page.Addr() }
