package relay

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// stay is the longest that a connection waits for the account's next message: servers
// let a silent one go after a few minutes, some after one.
const stay = time.Minute

// Pool is what the connections of a process to submission servers share.
type Pool struct {
	dialer *upstream.Dialer
	tokens upstream.Tokens // nil: there are none

	mu         sync.Mutex
	parked     map[key][]*Conn
	extensions map[string]learned // by upstream
	keep       func(key) bool     // by the configuration in force; nil: all
	closing    bool
	leaving    sync.WaitGroup
}

// key says who may use a connection that waits. The credential is compared apart from
// it.
type key struct {
	upstream, address, caFile string
	tls                       configs.TLS
	method                    upstream.Digest
	account                   string
}

func (p *Pool) keyOf(u configs.Upstream, account string) key {
	return key{u.Name, u.Address, u.CAFile, u.TLS, p.dialer.Credentials.Method(u), account}
}

// NewPool makes a Pool. Close it.
func NewPool(d *upstream.Dialer) *Pool {
	return &Pool{dialer: d, parked: make(map[key][]*Conn), extensions: make(map[string]learned)}
}

// Authorize has the Pool take access tokens from there. Call it before Open.
func (p *Pool) Authorize(t upstream.Tokens) { p.tokens = t }

// Open gives a connection that is logged in: one that waits and was logged in with
// this credential, else a new one. Its errors are Refusals.
func (p *Pool) Open(ctx context.Context, req backend.Request) (*Conn, error) {
	if req.Upstream.Submission.Address == "" {
		return nil, translate.Permanent(errNoServer)
	}
	req.Upstream = req.Upstream.ForSubmission()
	if c := p.take(ctx, req); c != nil {
		return c, nil
	}
	return p.connect(ctx, req)
}

var errNoServer = errors.New("nothing can be sent through this upstream: upstream.submission.address is empty")

func (p *Pool) connect(ctx context.Context, req backend.Request) (*Conn, error) {
	c := &Conn{pool: p, key: p.keyOf(req.Upstream, req.Account), credential: p.dialer.Credentials.Digest(req), owner: req.Owner, upstream: req.Upstream}
	var trace func(dir, line string)
	if req.Log.IsTrace() {
		trace = func(dir, line string) { req.Log.Named("relay").Trace("wire", "dir", dir, "line", line) }
	}
	var err error
	if c.client, err = dial(ctx, p.dialer, req.Upstream, trace); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.client.wire.Conn.Close() })
	defer stop()
	if err := p.logIn(ctx, c.client, req); err != nil {
		_ = c.client.Close()
		return nil, err
	}
	c.loggedIn = time.Now()
	p.learn(req.Upstream.Name, c.client)
	return c, nil
}

// take gives a connection that waits and still answers; nil where there is none.
func (p *Pool) take(ctx context.Context, req backend.Request) *Conn {
	key, credential := p.keyOf(req.Upstream, req.Account), p.dialer.Credentials.Digest(req)
	for {
		p.mu.Lock()
		var c *Conn
		for _, waiting := range slices.Backward(p.parked[key]) {
			if waiting.credential.Equal(credential) {
				c = waiting
				break
			}
		}
		if c != nil {
			p.remove(c)
		}
		p.mu.Unlock()
		if c == nil {
			return nil
		}
		stop := context.AfterFunc(ctx, func() { _ = c.client.wire.Conn.Close() })
		c.client.wire.patience = min(revive, req.Upstream.Timeout)
		err := c.client.Noop()
		c.client.wire.patience = req.Upstream.Timeout
		if stop() && err == nil {
			c.owner = req.Owner
			return c
		}
		_ = c.client.Close()
	}
}

// revive is how long a connection that has waited may take to show that it lives.
const revive = 5 * time.Second

// remove takes a connection out; the caller holds the lock.
func (p *Pool) remove(c *Conn) {
	c.timer.Stop()
	left := slices.DeleteFunc(p.parked[c.key], func(other *Conn) bool { return other == c })
	if p.parked[c.key] = left; len(left) == 0 {
		delete(p.parked, c.key)
	}
}

// park keeps a connection for the account's next message, or says QUIT.
func (p *Pool) park(c *Conn) {
	u := c.upstream
	long := min(stay, u.Reuse, time.Until(c.loggedIn.Add(u.Reauth)))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || c.ended || long <= 0 || c.client.wire.err != nil || p.keep != nil && !p.keep(c.key) {
		p.leaving.Go(c.quit)
		return
	}
	c.timer = time.AfterFunc(long, func() {
		p.mu.Lock()
		waits := slices.Contains(p.parked[c.key], c)
		if waits {
			p.remove(c)
		}
		p.mu.Unlock()
		if waits {
			c.quit()
		}
	})
	p.parked[c.key] = append(p.parked[c.key], c)
}

// Configure lets connections go whose upstream is no longer the same.
func (p *Pool) Configure(cfg *configs.Config) {
	p.retain(func(k key) bool {
		u, ok := cfg.Upstream[k.upstream]
		account := k.account
		return ok && p.keyOf(u.ForSubmission(), account) == k
	})
	p.mu.Lock()
	clear(p.extensions)
	p.mu.Unlock()
}

func (p *Pool) retain(keep func(key) bool) {
	p.leave(func(c *Conn) bool { return !keep(c.key) })
	p.mu.Lock()
	p.keep = keep
	p.mu.Unlock()
}

// End lets the waiting connections of an account go, or where device is not empty
// those of one of its devices.
func (p *Pool) End(account, device string) {
	p.leave(func(c *Conn) bool { return c.owner.Account == account && (device == "" || c.owner.Device == device) })
}

func (p *Pool) leave(goes func(*Conn) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, waiting := range p.parked {
		for _, c := range slices.Clone(waiting) {
			if goes(c) {
				p.remove(c)
				p.leaving.Go(c.quit)
			}
		}
	}
}

// Close ends what waits.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.leave(func(*Conn) bool { return true })
	p.leaving.Wait()
}
