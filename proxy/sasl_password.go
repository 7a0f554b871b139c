package proxy

import (
	"bytes"
	"errors"
	"strings"

	"popbridge/translate"
)

var (
	errPlain        = &badCommand{translate.Refusal{Text: "PLAIN needs an empty or equal identity, a user and a password, with a NUL between"}}
	errControlOctet = errors.New("the password holds NUL, CR or LF")
	errSomebodyElse = errors.New("the device wants to act for somebody else")
)

// authPlain is RFC 4616's; nobody may act for somebody else.
func (s *session) authPlain(d dialogue) error {
	message, err := d.first("")
	if err != nil {
		return err
	}
	// What stands behind the second NUL is the password, to its last octet: with one
	// more NUL in it this is a login that is refused, and no slip of the form.
	parts := bytes.SplitN(message, []byte{0}, 3)
	if len(parts) != 3 || len(parts[1]) == 0 {
		return errPlain
	}
	if len(parts[0]) > 0 && !bytes.Equal(parts[0], parts[1]) {
		return s.logIn(string(parts[1]), credential{never: errSomebodyElse})
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
		return s.logIn(user, credential{never: errControlOctet})
	}
	return s.logIn(user, byPassword(password))
}
