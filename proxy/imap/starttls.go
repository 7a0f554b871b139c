package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// StartTLS goes over to TLS (RFC 3501 §6.2.1). It refuses after PREAUTH, where a session that someone else has opened would be taken over
// (NO STARTTLS, 2021), and breaks the connection if anything came in plaintext behind the server's OK. What was learnt in plaintext
// is forgotten, capabilities too, wherever they stood. A NO or BAD is a *StatusError and leaves plaintext: the caller must not log in then.
// config needs ServerName; the handshake takes at most Options.Timeout.
func (c *Conn) StartTLS(ctx context.Context, config *tls.Config) error {
	switch {
	case c.preauth:
		return errors.New("imap: STARTTLS refused: the server greeted with PREAUTH")
	case c.secured:
		return errors.New("imap: STARTTLS refused: it is on")
	case len(c.pending) > 0:
		return errors.New("imap: STARTTLS refused: commands are in flight")
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, err := c.run(c.command("STARTTLS")); err != nil {
		return err
	}
	if c.r.buffered() > 0 {
		return c.fail(&ProtocolError{Text: "plaintext behind the OK to STARTTLS"})
	}
	if err := c.raw.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return c.fail(fmt.Errorf("imap: TLS: %w", err))
	}
	conn := tls.Client(c.raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return c.fail(fmt.Errorf("imap: TLS: %w", err))
	}
	c.nc, c.secured = conn, true
	c.caps, c.saidCap = nil, false
	c.exists, c.changes = 0, Changes{}
	return nil
}
