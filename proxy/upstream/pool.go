package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Pool is what the mailboxes of a process share: parked connections, how many
// each upstream may have, what is known of accounts, and certificates.
type Pool struct {
	log    hclog.Logger
	recent *recent
	lot    *lot
	ahead  budget
	meter  Meter
	tokens Tokens // nil: there are none

	yielding *yielding

	mu      sync.Mutex
	gates   map[gateKey]gate
	tls     map[string]*tls.Config
	names   map[nameKey]names
	lessons map[string]*lessons      // by name and address
	caps    map[string]goimap.CapSet // by their names
}

// NewPool makes a Pool. Close it.
func NewPool(log hclog.Logger) *Pool {
	return &Pool{
		log: log, meter: noMeter{}, recent: newRecent(), lot: newLot(), gates: make(map[gateKey]gate),
		tls: make(map[string]*tls.Config), names: make(map[nameKey]names), yielding: newYielding(),
		caps: make(map[string]goimap.CapSet), lessons: make(map[string]*lessons),
	}
}

// Measure has a Meter hear what happens from now on. Call it before Open.
func (p *Pool) Measure(m Meter) { p.meter = m }

// Configure tells the Pool of a configuration: what was read from files is
// forgotten, and parked connections end whose upstream is no longer the same, as
// do those that are in use when their sessions let go.
func (p *Pool) Configure(cfg *configs.Config) {
	p.ahead.limit.Store(int64(cfg.Limits.PrefetchMemory))
	p.mu.Lock()
	clear(p.tls)
	clear(p.names)
	clear(p.lessons)
	p.mu.Unlock()
	p.lot.serve(func(b berth) bool {
		u, ok := cfg.Upstream[b.name]
		b.account, b.mailbox = "", ""
		return ok && p.place(u) == b
	})
}

// Close ends the parked connections.
func (p *Pool) Close() { p.lot.close() }

// budget bounds the octets that are read ahead in the whole process.
type budget struct{ limit, used atomic.Int64 }

func (b *budget) take(octets int64) bool {
	if b.used.Add(octets) > b.limit.Load() {
		b.used.Add(-octets)
		return false
	}
	return true
}

func (b *budget) give(octets int64) { b.used.Add(-octets) }

// gate lets max_connections through; nil lets all through.
type gate chan struct{}

type gateKey struct {
	upstream string
	places   int
}

func (p *Pool) gate(u configs.Upstream) gate {
	if u.MaxConnections == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// A reload may change the limit while sessions keep the one that they began
	// with: each limit has its own gate, and none is made twice.
	key := gateKey{u.Name, u.MaxConnections}
	g := p.gates[key]
	if g == nil {
		g = make(gate, u.MaxConnections)
		p.gates[key] = g
	}
	return g
}

// enter waits for a place; the login's deadline ends the wait. A connection that
// is only parked gives its place up, unless the credential has never been accepted
// and the account is being served with another one: then it is a guess, most
// likely, and waits until a session ends. A password that has just been changed
// waits with it, at most as long as the account's connection is parked.
func (p *Pool) enter(ctx context.Context, g gate, req backend.Request) error {
	if g == nil {
		return nil
	}
	select {
	case g <- struct{}{}:
		return nil
	default:
	}
	u := req.Upstream
	p.lot.wait(u.Name, 1)
	defer p.lot.wait(u.Name, -1)
	if p.recent.has(req) || !p.lot.serving(u.Name, req.Account) {
		p.lot.evict(u.Name)
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return translate.Temporary(fmt.Errorf("upstream %q has had all its %d connections in use (max_connections) for as long as the login could wait", u.Name, cap(g)))
	}
}

func (g gate) leave() {
	if g != nil {
		<-g
	}
}
