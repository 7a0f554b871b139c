package session

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"popbridge/configs"
	"popbridge/proxy/pop3"
)

// handshakeTimeout bounds a TLS handshake, within limits.login_timeout.
const handshakeTimeout = 10 * time.Second

var errNoCertificate = errors.New("the listener has no certificate")

func (s *Session) stlsOffered() bool {
	return s.state == authorization && !s.conn.tls && s.Listener.TLS == configs.TLSStartTLS
}

// stls starts TLS (RFC 2595 §4). What the device sent behind it is dropped, and
// what it said before is forgotten; there is no second greeting.
func (s *Session) stls(cmd pop3.Command) error {
	switch {
	case s.conn.tls:
		return usage("TLS is active already")
	case !s.stlsOffered():
		return notOffered("TLS is not available here")
	case len(cmd.Fields()) > 0:
		return usage("STLS takes no argument")
	}
	s.conn.OK("begin TLS")
	if err := s.conn.startTLS(&s.Env); err != nil {
		return err
	}
	s.user, s.bad = "", 0
	return nil
}

// tellHandshake logs a handshake that failed, and what to do where the device seems to
// speak plain POP3: it says something else than TLS, or waits for a greeting.
func tellHandshake(e *Env, err error) {
	const advice = `; point it to a listener with tls = "starttls", or set it to TLS from the start (SSL)`
	var plain tls.RecordHeaderError
	switch {
	case e.Listener.TLS == configs.TLSImplicit && errors.As(err, &plain):
		e.Log.Warn("the device speaks plain POP3 on a port that begins with TLS"+advice, "listener", e.Listener.Name)
	case e.Listener.TLS == configs.TLSImplicit && errors.Is(err, context.DeadlineExceeded):
		// Whoever looks for open ports is silent too, so this is no warning.
		e.Log.Info("the device says nothing on a port that begins with TLS; it may wait for the greeting of plain POP3"+advice, "listener", e.Listener.Name)
	default:
		e.Log.Info("TLS handshake failed", "error", err)
	}
}
