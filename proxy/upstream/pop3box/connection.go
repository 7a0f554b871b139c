package pop3box

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
)

// pipelined is how many commands are on their way at once to a server that has
// PIPELINING.
const pipelined = 32

// connection is one authenticated connection to an old POP3 server. It is a session
// there, and on most servers the maildrop's lock.
type connection struct {
	client    *pop3.Client
	tally     upstream.Tally
	semaphore upstream.Semaphore
	caps      pop3.Capabilities
	window    int // commands that may be on their way at once
}

// connect makes a connection: a place, TCP and TLS, a login. Its errors are Refusals.
func (p *Pool) connect(ctx context.Context, req backend.Request) (*connection, error) {
	c := &connection{tally: p.dialer.Tally(req.Upstream.Name), semaphore: p.dialer.Semaphore(req.Upstream), window: 1}
	if err := c.semaphore.Acquire(ctx, req.Upstream.Name); err != nil {
		return nil, err
	}
	o := pop3.ClientOptions{Timeout: req.Upstream.Timeout}
	if req.Log.IsTrace() {
		// Secrets have been left out already.
		o.Trace = func(dir, line string) { req.Log.Named("old").Trace("wire", "dir", dir, "line", line) }
	}
	var err error
	if c.client, err = dial(ctx, p.dialer, req.Upstream, o); err != nil {
		c.tally.Add(upstream.DialsFailed, 1)
		c.semaphore.Release()
		return nil, err
	}
	c.tally.Add(upstream.Connections, 1)
	c.tally.Add(upstream.Commands, 1)
	if err := p.logIn(ctx, c.client, req); err != nil {
		c.close()
		return nil, err
	}
	if c.caps, err = c.client.Capabilities(ctx); err != nil {
		c.close()
		return nil, refusal(req.Upstream, "asking for capabilities", err)
	}
	if c.caps.Has("PIPELINING") {
		c.window = pipelined
	}
	c.tally.Add(upstream.Logins, 1)
	return c, nil
}

// lost reports whether the connection is gone.
func (c *connection) lost() bool { return c == nil || c.client.Err() != nil }

// logout ends the session with QUIT, which frees the maildrop at once. Nothing
// may be marked: QUIT would remove it.
func (c *connection) logout() {
	if !c.lost() {
		ctx, cancel := context.WithTimeout(context.Background(), upstream.LogoutTimeout)
		defer cancel()
		// The connection is closed whatever the server answers.
		_ = c.client.Quit(ctx)
	}
	c.close()
}

// close gives the place back. What is marked stays (RFC 1939 §6).
func (c *connection) close() {
	_ = c.client.Close()
	c.tally.Add(upstream.Connections, -1)
	c.semaphore.Release()
}
