package proxy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// errCancelled and the like are answers to the device within AUTH (RFC 5034 §4).
var (
	errCancelled = &translate.Refusal{Text: "authentication was cancelled"}
	errBase64    = &badCommand{translate.Refusal{Text: "that is not base64"}}
	errPlain     = &badCommand{translate.Refusal{Text: "PLAIN needs an empty or equal identity, a user and a password, with a NUL between"}}
)

// mechanisms are the SASL mechanisms that may be used now.
func (s *session) mechanisms() []string {
	if !s.passwordAllowed() {
		return nil
	}
	return []string{"PLAIN", "LOGIN"}
}

// auth is RFC 5034's AUTH; without a mechanism it lists them, as Outlook and
// Thunderbird expect.
func (s *session) auth(cmd pop3.Command) error {
	fields := cmd.Fields()
	if len(fields) == 0 {
		list := s.conn.Lines("mechanisms follow")
		for _, m := range s.mechanisms() {
			list.Line(m)
		}
		return list.Commit()
	}
	if err := s.requirePrivacy(); err != nil {
		return err
	}
	if len(fields) > 2 {
		return usage("AUTH takes a mechanism and an initial response")
	}
	s.user = ""
	d := dialogue{s: s}
	if len(fields) == 2 {
		d.initial = &fields[1]
	}
	switch strings.ToUpper(fields[0]) {
	case "PLAIN":
		return s.authPlain(d)
	case "LOGIN":
		return s.authLogin(d)
	}
	return usage("mechanism is not known here")
}

// dialogue is one SASL exchange.
type dialogue struct {
	s       *session
	initial *string
}

// ask sends a challenge, unless the device gave an initial response, and
// decodes the answer. "=" is an empty initial response.
func (d *dialogue) ask(challenge string) ([]byte, error) {
	if d.initial != nil {
		text := *d.initial
		d.initial = nil
		if text == "=" {
			return nil, nil
		}
		return decode(text)
	}
	s := d.s
	s.conn.Challenge(base64.StdEncoding.EncodeToString([]byte(challenge)))
	s.secret = true
	line, err := s.conn.ReadLine(pop3.MaxSASL)
	s.secret = false
	if err != nil {
		s.readFailed(err)
		return nil, brokenBody{err}
	}
	text := strings.TrimRight(string(line), " \t")
	if text == "*" {
		return nil, errCancelled
	}
	return decode(text)
}

func decode(text string) ([]byte, error) {
	octets, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errBase64
	}
	return octets, nil
}

// authPlain takes exactly two NULs; nobody may act for somebody else (RFC 4616).
func (s *session) authPlain(d dialogue) error {
	message, err := d.ask("")
	if err != nil {
		return err
	}
	parts := bytes.Split(message, []byte{0})
	if len(parts) != 3 || len(parts[1]) == 0 || len(parts[0]) > 0 && !bytes.Equal(parts[0], parts[1]) {
		return errPlain
	}
	return s.logInSASL(string(parts[1]), string(parts[2]))
}

// authLogin is the older mechanism, with its two prompts.
func (s *session) authLogin(d dialogue) error {
	user, err := d.ask("Username:")
	if err != nil {
		return err
	}
	password, err := d.ask("Password:")
	if err != nil {
		return err
	}
	if len(user) == 0 {
		return usage("the user name is empty")
	}
	return s.logInSASL(string(user), string(password))
}

// logInSASL refuses what could be cut short or become another line on its way
// upstream (CWE-158): PASS cannot hold it, base64 can.
func (s *session) logInSASL(user, password string) error {
	if strings.ContainsAny(password, "\x00\r\n") {
		err := translate.BadCredentials(errors.New("the password holds NUL, CR or LF"))
		s.refused(user, open{}, 0, err)
		return withoutCause(err)
	}
	return s.logIn(user, byPassword(password))
}
