package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/emersion/go-smtp"

	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// client is go-smtp's with the wire below it.
type client struct {
	*smtp.Client
	wire *wire
}

// dial connects as far as TLS demands, and says EHLO. Its errors are Refusals.
func dial(ctx context.Context, d *upstream.Dialer, u configs.Upstream, trace func(dir, line string)) (*client, error) {
	nc, config, err := d.Dial(ctx, u)
	if err != nil {
		return nil, err
	}
	// What waits for the server ends with the context.
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	c := over(nc, u, trace)
	c.wire.due = 1 // the greeting
	if err = c.Hello(nameTo(nc)); err == nil && u.TLS == configs.TLSStartTLS {
		c, err = c.startTLS(ctx, u, config, trace)
	}
	if err == nil {
		return c, nil
	}
	_ = nc.Close()
	var made *translate.Refusal
	if errors.As(err, &made) {
		return nil, err
	}
	return nil, translate.Temporary(fmt.Errorf("upstream %q: its submission server did not greet: %w", u.Name, err))
}

func over(nc net.Conn, u configs.Upstream, trace func(dir, line string)) *client {
	w := &wire{Conn: nc, patience: u.Timeout, trace: trace}
	return &client{smtp.NewClient(w), w}
}

// startTLS upgrades (RFC 3207). What the server has said behind its answer came before
// TLS, where anybody on the way may have put it.
func (c *client) startTLS(ctx context.Context, u configs.Upstream, config *tls.Config, trace func(dir, line string)) (*client, error) {
	if offered, _ := c.Extension("STARTTLS"); !offered {
		return c, translate.Permanent(fmt.Errorf(`upstream %q: its submission server does not offer STARTTLS; no password was sent. If it takes TLS from the start, write tls = "implicit"`, u.Name))
	}
	_, err := c.wire.Write([]byte("STARTTLS\r\n"))
	if err == nil {
		err = c.wire.readReply(c.wire.patience)
	}
	switch {
	case err != nil:
		return c, translate.Temporary(fmt.Errorf("upstream %q: STARTTLS: %w", u.Name, err))
	case c.wire.code() != 220:
		return c, translate.Permanent(fmt.Errorf("upstream %q: its submission server refuses STARTTLS, so no password was sent: %q", u.Name, c.wire.last))
	case len(c.wire.unread) > 0:
		return c, translate.Permanent(fmt.Errorf("upstream %q: data came after the answer to STARTTLS and before TLS: someone may have injected it", u.Name))
	}
	tc := tls.Client(c.wire.Conn, config)
	hctx, cancel := context.WithTimeout(ctx, u.Timeout)
	defer cancel()
	if err := tc.HandshakeContext(hctx); err != nil {
		return c, upstream.RefuseTLS(u, err)
	}
	secured := over(tc, u, trace)
	secured.wire.reply = []byte("220 TLS\r\n") // there is no second greeting
	return secured, secured.Hello(nameTo(tc))
}

// nameTo is how we introduce ourselves: by the machine's name where it is one of DNS,
// else by the address that the server sees (RFC 5321 §4.1.4).
func nameTo(nc net.Conn) string {
	if host, err := os.Hostname(); err == nil && strings.Contains(host, ".") && !strings.ContainsAny(host, " \t\r\n") {
		return host
	}
	host, _, _ := net.SplitHostPort(nc.LocalAddr().String())
	if strings.Contains(host, ":") {
		host, _, _ = strings.Cut(host, "%")
		host = "IPv6:" + host
	}
	return "[" + host + "]"
}
