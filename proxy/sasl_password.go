package proxy

import (
	"bytes"
	"errors"
	"strings"

	"popbridge/translate"
)

var errPlain = &badCommand{translate.Refusal{Text: "PLAIN needs an empty or equal identity, a user and a password, with a NUL between"}}

// authPlain takes exactly two NULs; nobody may act for somebody else (RFC 4616).
func (s *session) authPlain(d dialogue) error {
	message, err := d.first("")
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
	user, err := d.first("Username:")
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
