package proxy

import (
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// handshakeTimeout bounds a TLS handshake, within limits.login_timeout.
const handshakeTimeout = 10 * time.Second

// capa lists what is true now. What is announced before login is announced behind
// it too (RFC 2449 §5), USER and SASL among it; STLS alone is of AUTHORIZATION
// (RFC 2595 §4). TOP and UIDL stand in both states, since JavaMail and mutt look
// before they log in.
func (s *session) capa(pop3.Command) error {
	list := s.conn.Lines("capabilities follow")
	for _, tag := range []string{"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8", "LANG"} {
		list.Line(tag)
	}
	if s.passwordAllowed() {
		list.Line("USER")
	}
	if m := s.announced(); len(m) > 0 {
		list.Line("SASL " + strings.Join(m, " "))
	}
	if s.stlsOffered() {
		list.Line("STLS")
	}
	if s.state == transaction {
		// Before login it would only serve attackers (RFC 2449 §6.9).
		list.Line("IMPLEMENTATION popbridge")
	}
	return list.Commit()
}

func (s *session) stlsOffered() bool {
	return s.state == authorization && !s.tls && s.listener.TLS == configs.TLSStartTLS
}

// stls starts TLS (RFC 2595 §4). What the device sent behind it is dropped, and
// what it said before is forgotten; there is no second greeting.
func (s *session) stls(cmd pop3.Command) error {
	switch {
	case s.tls:
		return usage("TLS is active already")
	case !s.stlsOffered():
		return notOffered("TLS is not available here")
	case len(cmd.Fields()) > 0:
		return usage("STLS takes no argument")
	}
	s.conn.OK("begin TLS")
	if err := s.startTLS(); err != nil {
		return err
	}
	s.user, s.bad = "", 0
	return nil
}

// utf8 changes nothing: messages pass as they are with and without it, so their
// octets are the same (RFC 6856 §2).
func (s *session) utf8(cmd pop3.Command) error {
	if len(cmd.Fields()) > 0 {
		return usage("UTF8 takes no argument")
	}
	s.conn.OK("UTF-8 it is")
	return nil
}

// lang lists and sets the language of replies, of which there is one (RFC 6856
// §3).
func (s *session) lang(cmd pop3.Command) error {
	fields := cmd.Fields()
	switch {
	case len(fields) == 0:
		list := s.conn.Lines("languages follow")
		list.Line("en English")
		return list.Commit()
	case len(fields) > 1:
		return usage("LANG takes one language")
	}
	switch tag := strings.ToLower(fields[0]); {
	case tag == "*", tag == "en", strings.HasPrefix(tag, "en-"):
		s.conn.OK("en English it is")
		return nil
	}
	return &translate.Refusal{Text: "that language is not spoken here, only en"}
}
