package pop3box

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// dial connects as far as TLS demands. No command is sent before TLS but STLS.
func dial(ctx context.Context, d *upstream.Dialer, u configs.Upstream, o pop3.ClientOptions) (*pop3.Client, error) {
	nc, config, err := d.Dial(ctx, u)
	if err != nil {
		return nil, err
	}
	conn, err := pop3.NewClient(ctx, ackAtOnce(nc), o)
	if err == nil && u.TLS == configs.TLSStartTLS {
		if err = conn.StartTLS(ctx, config); err != nil {
			_ = conn.Close()
			return nil, refuseTLS(u, err)
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

// refuseTLS makes a Refusal of STLS that failed.
func refuseTLS(u configs.Upstream, err error) error {
	var refused *pop3.ReplyError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &refused):
		return translate.Permanent(fmt.Errorf(`upstream %q refuses STLS, so no password was sent; if it takes TLS from the start, write tls = "implicit": %w`, u.Name, err))
	case errors.As(err, &plain), errors.Is(err, pop3.ErrInjected):
		return translate.Permanent(fmt.Errorf("upstream %q does not begin TLS behind STLS, so no password was sent: %w", u.Name, err))
	}
	return upstream.RefuseTLS(u, err)
}
