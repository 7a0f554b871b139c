package session

import (
	"popbridge/configs"
	"popbridge/proxy/pop3"
)

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
