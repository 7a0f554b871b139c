package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/metrics"
	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/server"
	"popbridge/translate"
)

// bridge is the whole service: the POP3 side with what stands behind it.
type bridge struct {
	server   *server.Server
	pool     upstreams
	store    *ledger.Store
	counts   *metrics.Metrics
	web      *metrics.Server
	log      hclog.Logger
	stopping atomic.Bool
	old      atomic.Pointer[[]string] // the upstreams that are migrated away from
	hearing  context.Context          // of the watch for what commands change, and of what it has begun
	watching sync.WaitGroup
	deaf     func() // ends it, and waits
}

func newBridge(log hclog.Logger, store *ledger.Store) *bridge {
	counts, pool := metrics.New(version, builtFrom()), newUpstreams(log, vault{store})
	pool.Measure(counts.Upstreams())
	backend := backend.Backend{
		CatchUp:     store.CatchUp,
		Whereabouts: store.Whereabouts,
		OpenMailbox: mailboxes(pool.Pool),
		OpenPage: counts.OpenPage(func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
			p, err := store.OpenPage(ctx, k)
			if err != nil {
				return nil, err
			}
			return p, nil
		}),
		DevicePasswords: store,
		Meter:           counts.Sessions(),
	}
	if store.Kind() == ledger.DriverPostgres {
		backend.ShareFailures = store.ShareFailures
	}
	server := server.New(log, backend)
	b := &bridge{server: server, pool: pool, store: store, counts: counts, log: log}
	b.web = metrics.NewServer(log, counts, b.ready)
	b.old.Store(new([]string))
	counts.Migration(b.stages)
	counts.Frozen(b.frozen)
	b.listen()
	return b
}

// listen begins to hear what commands change.
func (b *bridge) listen() {
	ctx, cancel := context.WithCancel(context.Background())
	b.hearing = ctx
	b.watching.Go(func() { b.store.Watch(ctx, b.heed) })
	b.deaf = func() { cancel(); b.watching.Wait() }
}

// keepJournal removes what is older than so many days from the journal, now and
// once a day; 0 days keep all of it.
func (b *bridge) keepJournal(days translate.Days) {
	if days > 0 {
		b.watching.Go(func() { b.store.KeepJournal(b.hearing, time.Duration(days)*24*time.Hour) })
	}
}

// stages counts accounts by the points of their migration; where there are no old
// servers nothing is counted.
func (b *bridge) stages(ctx context.Context) ([]metrics.Stage, error) {
	old := *b.old.Load()
	if len(old) == 0 {
		return nil, nil
	}
	stages, err := b.store.Stages(ctx, old)
	counted := make([]metrics.Stage, len(stages))
	for i, s := range stages {
		counted[i] = metrics.Stage{Step: string(s.Step), Good: s.Good, Problems: s.Problems}
	}
	return counted, err
}

// frozen counts accounts that are not served because of their mailbox.
func (b *bridge) frozen(ctx context.Context) (map[string]int64, error) {
	frozen, err := b.store.Frozen(ctx)
	counted := make(map[string]int64, len(frozen))
	for why, n := range frozen {
		counted[string(why)] = n
	}
	return counted, err
}

// configure makes a configuration the current one, or changes nothing.
func (b *bridge) configure(cfg *configs.Config) error {
	web, err := b.web.Prepare(cfg.Metrics)
	if err != nil {
		return err
	}
	if err := b.server.Configure(cfg); err != nil {
		web.Abort()
		return err
	}
	b.pool.Configure(cfg)
	b.counts.Configure(cfg)
	b.old.Store(new(oldUpstreams(cfg)))
	web.Commit()
	return nil
}

// ready says why no device can be served now; nil where nothing is known that
// would keep one out. Upstreams are not asked: one that is gone is no reason to
// take the others' devices elsewhere.
func (b *bridge) ready(ctx context.Context) error {
	if b.stopping.Load() {
		return errors.New("draining: sessions may finish, new ones are not taken")
	}
	if len(b.server.Addresses()) == 0 {
		return errors.New("no listener is open")
	}
	if err := b.store.Ping(ctx); err != nil {
		return fmt.Errorf("the state store does not answer: %w", err)
	}
	return nil
}

// shutdown lets sessions finish until ctx ends, then says farewell upstream and
// closes the ledger. It returns ctx's error where sessions were cut.
func (b *bridge) shutdown(ctx context.Context, log hclog.Logger) error {
	b.stopping.Store(true)
	err := b.server.Shutdown(ctx)
	b.deaf()
	b.pool.Close()
	if cerr := b.store.Close(); cerr != nil {
		log.Error("closing the state store", "error", cerr)
	}
	b.web.Close()
	return err
}
