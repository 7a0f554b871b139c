package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/socket"
	"popbridge/translate"
)

const (
	// Attempts is how often a command is tried where its connection was lost: the
	// second time on a new one.
	Attempts = 2
	// LogoutTimeout bounds saying goodbye to a server: nobody waits for its answer.
	LogoutTimeout = 2 * time.Second
)

// Dialer is what all connections of a process share: TLS sessions, the places that
// each upstream has, and which credentials were accepted.
type Dialer struct {
	Credentials *Credentials
	meter       Meter

	mu         sync.Mutex
	semaphores map[semaphoreKey]Semaphore
	tls        map[string]*tls.Config
}

// NewDialer makes a Dialer that nobody counts with.
func NewDialer() *Dialer {
	return &Dialer{Credentials: newCredentials(), meter: noMeter{}, semaphores: make(map[semaphoreKey]Semaphore), tls: make(map[string]*tls.Config)}
}

// Measure has a Meter hear what happens from now on. Call it before the first login.
func (d *Dialer) Measure(m Meter) { d.meter = m }

// Tally gives what counts for an upstream.
func (d *Dialer) Tally(upstream string) Tally { return d.meter.Upstream(upstream) }

// Reload forgets what was read from files, since they may have been replaced.
func (d *Dialer) Reload() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.tls)
}

// Dial connects, with TLS where that comes first; the configuration is for TLS that
// is begun later. Its errors are Refusals: what may pass is temporary, what an
// operator must mend is not.
func (d *Dialer) Dial(ctx context.Context, u configs.Upstream) (net.Conn, *tls.Config, error) {
	config, err := d.tlsConfig(u)
	if err != nil {
		return nil, nil, translate.Permanent(err)
	}
	plain := net.Dialer{Timeout: u.Timeout}
	nc, err := plain.DialContext(ctx, "tcp", u.Address)
	if err != nil {
		return nil, nil, translate.Temporary(fmt.Errorf("upstream %q cannot be reached: %w", u.Name, err))
	}
	nc = socket.Of(nc)
	if u.TLS != configs.TLSImplicit {
		return nc, config, nil
	}
	tc := tls.Client(nc, config)
	hctx, cancel := context.WithTimeout(ctx, u.Timeout)
	defer cancel()
	if err := tc.HandshakeContext(hctx); err != nil {
		_ = nc.Close()
		return nil, nil, RefuseTLS(u, err)
	}
	return tc, config, nil
}
