package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"popbridge/configs"
)

// serverTLS makes what a listener needs for TLS, and the certificates that it
// shows; nil where it has none. ALPN is pop3 or nothing, so that a connection meant
// for another protocol is refused (RFC 7301, ALPACA).
func serverTLS(l configs.Listener) (*tls.Config, *identity, error) {
	if l.TLS == configs.TLSNone {
		return nil, nil, nil
	}
	id, err := loadIdentity(l)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{GetCertificate: id.choose, NextProtos: []string{"pop3"}}
	l.TLSProfile.Restrict(config)
	return config, id, askForCertificates(config, l)
}

var errNoCertificate = errors.New("the listener has no certificate")

// startTLS runs a handshake within its time; a failed one leaves a connection
// on which nothing more can be said.
func (s *session) startTLS() error {
	config := s.config.tls[s.listener.Name]
	if config == nil {
		return brokenBody{errNoCertificate}
	}
	ctx, cancel := context.WithTimeout(s.ctx, min(handshakeTimeout, time.Until(s.loginDeadline())))
	defer cancel()
	if err := s.conn.StartTLS(ctx, config); err != nil {
		s.log.Info("TLS handshake failed", "error", err)
		return brokenBody{err}
	}
	s.tls = true
	return nil
}
