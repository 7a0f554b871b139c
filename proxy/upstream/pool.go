package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/translate"
)

// Pool is what the mailboxes of a process share: how many connections each
// upstream may have, what is known of accounts, and certificates.
type Pool struct {
	log    hclog.Logger
	recent *recent

	mu    sync.Mutex
	gates map[string]gate
	tls   map[string]*tls.Config
	names map[nameKey]names
}

// NewPool makes a Pool.
func NewPool(log hclog.Logger) *Pool {
	return &Pool{
		log: log, recent: newRecent(), gates: make(map[string]gate),
		tls: make(map[string]*tls.Config), names: make(map[nameKey]names),
	}
}

// Reload forgets what was read from files, after the configuration changed.
func (p *Pool) Reload() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.tls)
	clear(p.names)
}

// gate lets max_connections through; nil lets all through.
type gate chan struct{}

func (p *Pool) gate(u configs.Upstream) gate {
	if u.MaxConnections == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.gates[u.Name]
	if cap(g) != u.MaxConnections {
		g = make(gate, u.MaxConnections)
		p.gates[u.Name] = g
	}
	return g
}

// enter waits for a place; the login's deadline ends the wait.
func (g gate) enter(ctx context.Context, name string) error {
	if g == nil {
		return nil
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return translate.Temporary(fmt.Errorf("upstream %q has had all its %d connections in use (max_connections) for as long as the login could wait", name, cap(g)))
	}
}

func (g gate) leave() {
	if g != nil {
		<-g
	}
}
