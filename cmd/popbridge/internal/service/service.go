// Package service is the whole of popbridge as it runs: the side of devices with what
// stands behind it, its metrics, and the watch for what commands ask of it. Commands
// that look upstream by themselves connect as it does. Flags and signals are the
// caller's.
package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/alarms"
	"popbridge/cmd/popbridge/internal/metrics"
	"popbridge/cmd/popbridge/internal/traces"
	"popbridge/cmd/popbridge/internal/web"
	"popbridge/configs"
	"popbridge/proxy/admin"
	"popbridge/proxy/audit"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/migration"
	"popbridge/proxy/server"
	"popbridge/proxy/troubles"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
)

// Build says what was built from what.
type Build struct{ Version, Commit string }

// Service is a popbridge that runs, until Shutdown.
type Service struct {
	Log      hclog.Logger
	server   *server.Server
	pool     Upstreams
	store    *ledger.Store
	spool    *spool
	trail    *audit.Trail
	vitals   *upstream.Vitals
	troubles *troubles.Memory
	build    Build
	began    time.Time
	current  atomic.Pointer[inForce]
	admin    *admin.Admin
	page     *web.Server // where admin is served
	pulse    *pulse
	watchman *alarms.Watchman
	messages *alarms.Messenger
	traces   *traces.Tracer
	counts   *metrics.Metrics
	web      *metrics.Server
	stopping atomic.Bool
	old      atomic.Pointer[[]string] // the upstreams that are migrated away from
	// The watch for what commands ask, and what it has begun: both end with the context.
	watch     context.Context
	watching  sync.WaitGroup
	stopWatch func() // ends them, and waits
}

// New makes a service that has no configuration yet, and so no listener. copies is where
// sent mail waits for its mailbox.
func New(log hclog.Logger, store *ledger.Store, copies Copies, build Build) *Service {
	counts, pool, trail := metrics.New(build.Version, build.Commit), NewUpstreams(log, store), audit.New(log, imapbox.MailboxName)
	vitals, memory := upstream.NewVitals(counts.Upstreams()), troubles.New()
	pool.Measure(vitals)
	s := &Service{Log: log, pool: pool, store: store, trail: trail, counts: counts, vitals: vitals, troubles: memory, build: build, began: time.Now()}
	s.traces = traces.New(log, store.Label(), build.Version, counts.Traced)
	backend := backend.Backend{
		Sync:        store.Events.Sync,
		Placement:   store.Progress.Placement,
		Ask:         pool.Lookup.Ask,
		OpenMailbox: pool.OpenMailbox,
		OpenRelay:   pool.OpenRelay,
		Extensions:  pool.Relay.Extensions,
		Devices:     store.Devices,
		OpenPage: counts.OpenPage(func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
			p, err := store.OpenPage(ctx, k)
			if err != nil {
				return nil, err
			}
			return p, nil
		}),
		DevicePasswords: store.Secrets,
		Meter:           s.traces.Meter(counts.Sessions()),
		Trail:           trail,
		Troubles:        func(t backend.Trouble) { s.trouble(t) },
	}
	if store.Kind() == ledger.DriverPostgres {
		backend.ShareFailures, backend.Arrive, backend.Kept = store.Events.ShareFailures, store.Arrive, s.kept
	}
	spool := &spool{log: log, copies: copies, pool: pool, tell: counts.Filed}
	backend.Sent = spool
	server := server.New(log, backend)
	s.server, s.spool = server, spool
	s.current.Store(&inForce{config: &configs.Config{}})
	s.web = metrics.NewServer(log, counts, s.ready)
	s.pulse = newPulse(counts.Logins)
	s.admin = admin.New(log, newOffice(s), trail)
	s.page = web.New(log, "the page and the API", s.admin)
	s.old.Store(new([]string))
	counts.Migration(s.stages)
	counts.Frozen(s.frozen)
	counts.Devices(store.Watches.Count)
	s.count(counts)
	s.watchman, s.messages = newWatchman(s), newMessenger(s)
	pool.Tokens.Heard = s.heard
	ctx, cancel := context.WithCancel(context.Background())
	s.watch, s.stopWatch = ctx, func() { cancel(); s.watching.Wait() }
	s.watching.Go(func() { store.Events.WatchPlaces(ctx, s.apply) })
	s.watching.Go(func() { s.pulse.keep(ctx) })
	s.watching.Go(func() { s.watchman.Run(ctx) })
	s.watching.Go(func() { s.messages.Run(ctx) })
	s.watching.Go(func() { s.traces.Run(ctx) })
	return s
}

// stages counts accounts by the points of their migration; where there are no old
// servers nothing is counted.
func (s *Service) stages(ctx context.Context) ([]progress.Stage, error) {
	old := *s.old.Load()
	if len(old) == 0 {
		return nil, nil
	}
	return s.store.Progress.Stages(ctx, old)
}

// frozen counts accounts that are not served because of their mailbox.
func (s *Service) frozen(ctx context.Context) (map[string]int64, error) {
	frozen, err := s.store.Frozen(ctx)
	counted := make(map[string]int64, len(frozen))
	for why, n := range frozen {
		counted[string(why)] = n
	}
	return counted, err
}

// Configure makes a configuration the current one, or changes nothing.
func (s *Service) Configure(cfg *configs.Config) error {
	return s.configure(&inForce{config: cfg, loaded: time.Now()})
}

func (s *Service) configure(next *inForce) error {
	cfg := next.config
	counted, err := s.web.Prepare(cfg.Metrics)
	if err != nil {
		return err
	}
	page, err := s.preparePage(cfg.Admin)
	if err != nil {
		counted.Abort()
		return err
	}
	if err := s.change(cfg); err != nil {
		counted.Abort()
		page.Abort()
		return err
	}
	s.current.Store(next)
	s.store.Notices.Want(cfg.Notify.On(), cfg.Notify.MinInterval)
	s.traces.Configure(cfg.Telemetry)
	s.pool.Configure(cfg)
	s.counts.Configure(cfg)
	s.old.Store(new(migration.OldUpstreams(cfg)))
	s.web.Admin(cfg.Admin.URL)
	s.counts.Loaded(true, next.loaded)
	s.admin.Configure(cfg)
	counted.Commit()
	if page.Commit() {
		s.Log.Info("serving the page and the API", "address", s.page.Addr().String(), "tls", cfg.Admin.Certificate != "")
	}
	return nil
}

// preparePage opens the address of the page and the API, if it is not open.
func (s *Service) preparePage(a configs.Admin) (*web.Change, error) {
	config, err := adminTLS(a)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	return s.page.Prepare(a.Address, config)
}

// change takes over what may fail of a configuration, or changes nothing.
func (s *Service) change(cfg *configs.Config) error {
	if err := s.spool.Configure(cfg); err != nil {
		return err
	}
	// Before a listener is open: no login goes by it.
	back, err := s.trail.Configure(cfg.Audit)
	if err != nil {
		return err
	}
	if err := s.server.Configure(cfg); err != nil {
		back()
		return err
	}
	return nil
}

// Addresses gives where each listener is open, by its label.
func (s *Service) Addresses() map[string]net.Addr { return s.server.Addresses() }

// ready says why no device can be served now; nil where nothing is known that
// would keep one out. Upstreams are not asked: one that is gone is no reason to
// take the others' devices elsewhere.
func (s *Service) ready(ctx context.Context) error {
	if s.stopping.Load() {
		return errors.New("draining: the service is about to stop")
	}
	if len(s.server.Addresses()) == 0 {
		return errors.New("no listener is open")
	}
	if err := s.store.Ping(ctx); err != nil {
		return fmt.Errorf("the state store does not answer: %w", err)
	}
	if err := s.trail.Failing(); err != nil {
		return fmt.Errorf("the audit trail cannot be written: %w", err)
	}
	return nil
}

// Leave has /readyz say that no more devices should be sent here. They are served still.
func (s *Service) Leave() { s.stopping.Store(true) }

// Shutdown lets sessions finish until ctx ends, then says farewell upstream and
// closes the ledger. It returns ctx's error where sessions were cut.
func (s *Service) Shutdown(ctx context.Context) error {
	s.Leave()
	err := s.server.Shutdown(ctx)
	s.stopWatch()
	s.spool.Close()
	s.pool.Close()
	if cerr := s.store.Close(); cerr != nil {
		s.Log.Error("closing the state store", "error", cerr)
	}
	s.web.Close()
	s.page.Close()
	s.trail.Close()
	return err
}
