package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"popbridge/configs"
	"popbridge/translate"
)

// RefuseTLS tells a certificate that an operator must look at from a network that may
// recover.
func RefuseTLS(u configs.Upstream, err error) error {
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return translate.Permanent(fmt.Errorf(`upstream %q does not begin with TLS; if it begins in plain text and offers STARTTLS, write tls = "starttls": %w`, u.Name, err))
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
func (d *Dialer) tlsConfig(u configs.Upstream) (*tls.Config, error) {
	if u.TLS == configs.TLSNone {
		return nil, nil
	}
	key := u.Address + " " + u.TLSProfile.String() + " " + u.CAFile
	d.mu.Lock()
	defer d.mu.Unlock()
	if config := d.tls[key]; config != nil {
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
	d.tls[key] = config
	return config, nil
}
