package session

import (
	"strings"

	"popbridge/proxy/pop3"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// capa lists what is true now. What is announced before login is announced behind
// it too (RFC 2449 §5), USER and SASL among it; STLS alone is of AUTHORIZATION
// (RFC 2595 §4). TOP and UIDL stand in both states, since JavaMail and mutt look
// before they log in.
func (s *Session) capa(pop3.Command) error {
	list := s.conn.Lines("capabilities follow")
	for _, tag := range []string{"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8", "LANG"} {
		list.Line(tag)
	}
	if s.conn.private(&s.Env) {
		list.Line("USER")
	}
	if m := sasl.Announced(s.conn.terms(&s.Env)); len(m) > 0 {
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

// utf8 changes nothing: messages pass as they are with and without it, so their
// octets are the same (RFC 6856 §2).
func (s *Session) utf8(cmd pop3.Command) error {
	if len(cmd.Fields()) > 0 {
		return usage("UTF8 takes no argument")
	}
	s.conn.OK("UTF-8 it is")
	return nil
}

// lang lists and sets the language of replies, of which there is one (RFC 6856
// §3).
func (s *Session) lang(cmd pop3.Command) error {
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
