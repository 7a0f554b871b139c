package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// oldWindow is how many commands are on their way at once to an old POP3 server
// that has PIPELINING.
const oldWindow = 32

// oldLink is one authenticated connection to an old POP3 server. It is a session
// there, and on most servers the maildrop's lock.
type oldLink struct {
	conn   *pop3.Client
	tally  Tally
	gate   gate // a place in it is the link's own
	caps   pop3.Capabilities
	window int
}

// connectOld makes a link: a place, a connection, a login. Its errors are Refusals.
func (p *Pool) connectOld(ctx context.Context, req backend.Request) (*oldLink, error) {
	l := &oldLink{tally: p.meter.Upstream(req.Upstream.Name), gate: p.gate(req.Upstream), window: 1}
	if err := p.enter(ctx, l.gate, req); err != nil {
		return nil, err
	}
	o := pop3.ClientOptions{Timeout: req.Upstream.Timeout}
	if req.Log.IsTrace() {
		// Secrets have been left out already.
		o.Trace = func(dir, line string) { req.Log.Named("old").Trace("wire", "dir", dir, "line", line) }
	}
	var err error
	if l.conn, err = p.dialOld(ctx, req.Upstream, o); err != nil {
		l.tally.Add(DialsFailed, 1)
		l.gate.leave()
		return nil, err
	}
	l.tally.Add(Connections, 1)
	l.tally.Add(Commands, 1)
	if err := p.logInOld(ctx, l.conn, req); err != nil {
		l.close()
		return nil, err
	}
	if l.caps, err = l.conn.Capabilities(ctx); err != nil {
		l.close()
		return nil, oldRefusal(req.Upstream, "asking for capabilities", err)
	}
	if l.caps.Has("PIPELINING") {
		l.window = oldWindow
	}
	l.tally.Add(Logins, 1)
	return l, nil
}

// dialOld is dial for an old POP3 server. No command is sent before TLS but STLS.
func (p *Pool) dialOld(ctx context.Context, u configs.Upstream, o pop3.ClientOptions) (*pop3.Client, error) {
	nc, config, err := p.reach(ctx, u)
	if err != nil {
		return nil, err
	}
	conn, err := pop3.NewClient(ctx, quickly(nc), o)
	if err == nil && u.TLS == configs.TLSStartTLS {
		if err = conn.StartTLS(ctx, config); err != nil {
			_ = conn.Close()
			return nil, oldTLSRefusal(u, err)
		}
	}
	if err == nil {
		return conn, nil
	}
	_ = nc.Close()
	err = fmt.Errorf("upstream %q did not greet: %w", u.Name, err)
	var refused *pop3.ReplyError
	if errors.As(err, &refused) {
		return nil, translate.RefuseOldGreeting(refused.Code, err)
	}
	return nil, translate.Temporary(err)
}

// oldTLSRefusal is tlsRefusal for STLS.
func oldTLSRefusal(u configs.Upstream, err error) error {
	var refused *pop3.ReplyError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &refused):
		return translate.Permanent(fmt.Errorf(`upstream %q refuses STLS, so no password was sent; if it takes TLS from the start, write tls = "implicit": %w`, u.Name, err))
	case errors.As(err, &plain), errors.Is(err, pop3.ErrInjected):
		return translate.Permanent(fmt.Errorf("upstream %q does not begin TLS behind STLS, so no password was sent: %w", u.Name, err))
	}
	return tlsRefusal(u, err)
}

// lost reports whether the connection is gone.
func (l *oldLink) lost() bool { return l == nil || l.conn.Err() != nil }

// farewell ends the session with QUIT, which frees the maildrop at once. Nothing
// may be marked: QUIT would remove it.
func (l *oldLink) farewell() {
	if !l.lost() {
		ctx, cancel := context.WithTimeout(context.Background(), logoutTimeout)
		defer cancel()
		// The connection is closed whatever the server answers.
		_ = l.conn.Quit(ctx)
	}
	l.close()
}

// close gives the place back. What is marked stays (RFC 1939 §6).
func (l *oldLink) close() {
	_ = l.conn.Close()
	l.tally.Add(Connections, -1)
	l.gate.leave()
}

// oldRefusal makes what a device may be told of an error of a command. A Refusal
// stays what it is, and nil stays nil.
func oldRefusal(u configs.Upstream, doing string, err error) error {
	var made *translate.Refusal
	if err == nil || errors.As(err, &made) {
		return err
	}
	err = fmt.Errorf("upstream %q: %s: %w", u.Name, doing, err)
	var refused *pop3.ReplyError
	if errors.As(err, &refused) {
		return translate.RefuseOld(refused.Code, err)
	}
	return translate.Temporary(err)
}
