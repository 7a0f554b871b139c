package session

import (
	"encoding/base64"
	"errors"
	"strings"

	"popbridge/proxy/pop3"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// errCancelled and the like are answers to the device within AUTH (RFC 5034 §4).
var (
	errCancelled = &translate.Refusal{Text: "authentication was cancelled"}
	errBase64    = &badCommand{translate.Refusal{Text: "that is not base64"}}
)

// auth is RFC 5034's AUTH; without a mechanism it lists them, as Outlook and
// Thunderbird expect.
func (s *Session) auth(cmd pop3.Command) error {
	fields := cmd.Fields()
	terms := s.conn.terms(&s.Env)
	if len(fields) == 0 {
		list := s.conn.Lines("mechanisms follow")
		for _, m := range sasl.Announced(terms) {
			list.Line(m)
		}
		return list.Commit()
	}
	s.user = ""
	m, known := sasl.Find(fields[0], terms)
	if m.Secret || !known {
		if err := s.requirePrivacy(); err != nil {
			return err
		}
	}
	switch {
	case len(fields) > 2:
		return usage("AUTH takes a mechanism and an initial response")
	case !known:
		return notOffered("mechanism is not known here")
	}
	var initial *string
	if len(fields) == 2 {
		initial = &fields[1]
	}
	c, err := s.authenticate(m.Begin(terms), initial)
	if err != nil {
		return err
	}
	err = s.logIn(c)
	if err != nil && c.Rejection != "" && translate.Refuse(err).Code == translate.CodeAuth {
		if _, answer := s.conn.ask([]byte(c.Rejection)); errors.As(answer, new(readError)) {
			return answer
		}
	}
	return err
}

// authenticate carries an exchange to its end.
func (s *Session) authenticate(x sasl.Exchange, initial *string) (sasl.Credential, error) {
	response, err := initialResponse(initial)
	for err == nil {
		var challenge []byte
		var done bool
		if challenge, done, err = x.Next(response); err != nil {
			var wrong *sasl.SyntaxError
			if errors.As(err, &wrong) {
				err = usage("%s", wrong.Text)
			}
			break
		}
		if done {
			return x.Credential(), nil
		}
		response, err = s.conn.ask(challenge)
		if c := x.Credential(); err != nil && c.Name != "" && c.Proof == nil {
			s.BrokenOff(c.Name)
		}
	}
	return sasl.Credential{}, err
}

// initialResponse decodes what came with AUTH; nil: nothing. "=" is an empty one
// (RFC 5034 §4).
func initialResponse(text *string) ([]byte, error) {
	switch {
	case text == nil:
		return nil, nil
	case *text == "=":
		return []byte{}, nil
	}
	return decode(*text)
}

func decode(text string) ([]byte, error) {
	octets, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errBase64
	}
	return octets, nil
}
