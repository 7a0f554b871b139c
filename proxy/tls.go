package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"popbridge/configs"
)

// serverTLS makes what a listener needs for TLS; nil where it has none. TLS 1.2
// and 1.3 with forward secrecy (RFC 9325); ALPN is pop3 or nothing, so that a
// connection meant for another protocol is refused (RFC 7301, ALPACA).
func serverTLS(l configs.Listener) (*tls.Config, error) {
	if l.TLS == configs.TLSNone {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(l.Certificate, l.Key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"pop3"},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}, nil
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
