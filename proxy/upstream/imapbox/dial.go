package imapbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// dial connects as far as TLS demands, and asks for capabilities. Its errors
// are Refusals: what may pass is temporary, what an operator must mend is not.
func dial(ctx context.Context, d *upstream.Dialer, u configs.Upstream, o imap.Options) (*imap.Conn, error) {
	nc, config, err := d.Dial(ctx, u)
	if err != nil {
		return nil, err
	}
	o.Timeout, o.Ignore = u.Timeout, append(o.Ignore, u.Ignore...)
	conn, err := imap.New(ctx, nc, o)
	if err != nil {
		_ = nc.Close()
		return nil, translate.Temporary(fmt.Errorf("upstream %q did not greet: %w", u.Name, err))
	}
	if err := startTLS(ctx, conn, u, config); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// startTLS upgrades where it is asked for. PREAUTH is refused everywhere: before
// TLS it is an attack, and in any case no password would be checked.
func startTLS(ctx context.Context, conn *imap.Conn, u configs.Upstream, config *tls.Config) error {
	if conn.Preauth() {
		return translate.Permanent(fmt.Errorf("upstream %q greets with PREAUTH: it would let every password in", u.Name))
	}
	if u.TLS != configs.TLSStartTLS {
		return nil
	}
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return translate.Temporary(fmt.Errorf("upstream %q: %w", u.Name, err))
	}
	if !caps.Has("STARTTLS") {
		return translate.Permanent(fmt.Errorf(`upstream %q does not offer STARTTLS; no password was sent. If it takes TLS from the start, write tls = "implicit"`, u.Name))
	}
	err = conn.StartTLS(ctx, config)
	var refused *imap.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Type != "BYE":
		return translate.Permanent(fmt.Errorf(`upstream %q refuses STARTTLS, so no password was sent; see to TLS there: %w`, u.Name, err))
	}
	return upstream.RefuseTLS(u, err)
}
