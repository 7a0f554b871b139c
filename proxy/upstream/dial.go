package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"popbridge/configs"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// dial connects as far as TLS demands, and asks for capabilities. Its errors
// are Refusals: what may pass is temporary, what an operator must mend is not.
func (p *Pool) dial(ctx context.Context, u configs.Upstream, o imap.Options) (*imap.Conn, error) {
	nc, config, err := p.reach(ctx, u)
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

// reach connects, with TLS where that comes first; the configuration is for TLS
// that comes later. Its errors are Refusals.
func (p *Pool) reach(ctx context.Context, u configs.Upstream) (net.Conn, *tls.Config, error) {
	config, err := p.tlsConfig(u)
	if err != nil {
		return nil, nil, translate.Permanent(err)
	}
	d := net.Dialer{Timeout: u.Timeout}
	nc, err := d.DialContext(ctx, "tcp", u.Address)
	if err != nil {
		return nil, nil, translate.Temporary(fmt.Errorf("upstream %q cannot be reached: %w", u.Name, err))
	}
	if u.TLS != configs.TLSImplicit {
		return nc, config, nil
	}
	tc := tls.Client(nc, config)
	hctx, cancel := context.WithTimeout(ctx, u.Timeout)
	defer cancel()
	if err := tc.HandshakeContext(hctx); err != nil {
		_ = nc.Close()
		return nil, nil, tlsRefusal(u, err)
	}
	return tc, config, nil
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
	if err := conn.StartTLS(ctx, config); err != nil {
		return tlsRefusal(u, err)
	}
	return nil
}

// tlsRefusal tells a certificate that an operator must look at from a network
// that may recover.
func tlsRefusal(u configs.Upstream, err error) error {
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var plain tls.RecordHeaderError
	var refused *imap.StatusError
	switch {
	case errors.As(err, &plain):
		return translate.Permanent(fmt.Errorf(`upstream %q does not begin with TLS; if it begins in plain text and offers STARTTLS, write tls = "starttls": %w`, u.Name, err))
	case errors.As(err, &refused) && refused.Type != "BYE":
		return translate.Permanent(fmt.Errorf(`upstream %q refuses STARTTLS, so no password was sent; see to TLS there: %w`, u.Name, err))
	case errors.As(err, &unknown):
		return translate.Permanent(fmt.Errorf("upstream %q: its certificate is signed by an authority that is not trusted here; if that is intended, name the authority's certificate in ca_file: %w", u.Name, err))
	case errors.As(err, &host):
		return translate.Permanent(fmt.Errorf("upstream %q: its certificate is for another name; write the name that the certificate has in address: %w", u.Name, err))
	case errors.As(err, &cert):
		return translate.Permanent(fmt.Errorf("upstream %q: its certificate is not valid: %w", u.Name, err))
	}
	return translate.Temporary(fmt.Errorf("upstream %q: TLS: %w", u.Name, err))
}

// tlsConfig makes a client's configuration once for each upstream and set of
// trust anchors; it holds the sessions that make later handshakes short.
func (p *Pool) tlsConfig(u configs.Upstream) (*tls.Config, error) {
	if u.TLS == configs.TLSNone {
		return nil, nil
	}
	key := u.Address + " " + u.TLSProfile.String() + " " + u.CAFile
	p.mu.Lock()
	defer p.mu.Unlock()
	if config := p.tls[key]; config != nil {
		return config, nil
	}
	host, _, err := net.SplitHostPort(u.Address)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", u.Name, err)
	}
	config, err := configs.ClientTLS(u.CAFile)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: ca_file: %w", u.Name, err)
	}
	if u.TLSProfile == configs.TLSLegacy {
		u.TLSProfile.Restrict(config)
	}
	config.ServerName, config.ClientSessionCache = host, tls.NewLRUClientSessionCache(0)
	p.tls[key] = config
	return config, nil
}
