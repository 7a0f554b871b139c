package main

import (
	"context"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream"
)

// bridge is the whole service: the POP3 side with what stands behind it.
type bridge struct {
	server *proxy.Server
	pool   *upstream.Pool
	store  *ledger.Store
}

func newBridge(log hclog.Logger, store *ledger.Store) *bridge {
	pool := upstream.NewPool(log)
	server := proxy.New(log, proxy.Backend{
		OpenMailbox: func(ctx context.Context, r proxy.Request) (proxy.Mailbox, error) {
			m, err := pool.Open(ctx, upstream.Request(r))
			if err != nil {
				return nil, err
			}
			return m, nil
		},
		OpenPage: func(ctx context.Context, k proxy.PageKey) (proxy.Page, error) {
			p, err := store.OpenPage(ctx, ledger.Key(k))
			if err != nil {
				return nil, err
			}
			return p, nil
		},
	})
	return &bridge{server: server, pool: pool, store: store}
}

// configure makes a configuration the current one, or changes nothing.
func (b *bridge) configure(cfg *configs.Config) error {
	if err := b.server.Configure(cfg); err != nil {
		return err
	}
	b.pool.Configure(cfg)
	return nil
}

// shutdown lets sessions finish until ctx ends, then says farewell upstream and
// closes the ledger. It returns ctx's error where sessions were cut.
func (b *bridge) shutdown(ctx context.Context, log hclog.Logger) error {
	err := b.server.Shutdown(ctx)
	b.pool.Close()
	if cerr := b.store.Close(); cerr != nil {
		log.Error("closing the state store", "error", cerr)
	}
	return err
}
