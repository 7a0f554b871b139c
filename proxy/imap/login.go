package imap

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// maxInitial bounds the octets of an initial response that is sent in the AUTHENTICATE line itself; a longer one waits
// for the server's empty challenge, because command lines are limited and tokens can be long.
const maxInitial = 6000

// literalPatience is which part of Options.Timeout a server has to ask for the literals of a LOGIN. It has nothing to look up for that,
// and the device waits until the password has been tried in quotes instead.
const literalPatience = 3

// maxIDFields is above the 30 that RFC 2971 §3.3 allows.
const maxIDFields = 64

// Login logs in with LOGIN (RFC 3501 §6.2.3). User and password go as quoted strings or literals. Where LOGINDISABLED is
// announced it gives ErrLoginDisabled without sending anything. A *StatusError of type NO leaves the connection usable. See ErrLiteralRefused.
func (c *Conn) Login(ctx context.Context, user, password string) error {
	return c.login(ctx, func() *line { return c.command("LOGIN").str("user name", user).secret("password", password) }, password)
}

// LoginQuoted is Login with quoted strings whatever they hold, for servers that take no literals there. Octets beyond ASCII go as they are.
func (c *Conn) LoginQuoted(ctx context.Context, user, password string) error {
	return c.login(ctx, func() *line {
		return c.command("LOGIN").quoted("user name", user, user).quoted("password", password, redacted)
	}, password)
}

func (c *Conn) login(ctx context.Context, command func() *line, password string) error {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return err
	}
	if caps.Has(goimap.CapLoginDisabled) {
		return ErrLoginDisabled
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	defer c.hide(nil, password)()
	l := command()
	literal := bytes.IndexByte(l.out, '\n') >= 0
	if literal {
		c.limited, c.until = false, time.Now().Add(c.o.Timeout/literalPatience)
	}
	cmd, err := c.sendOpen(l)
	c.limit()
	switch {
	case err != nil && literal && literalLost(err):
		return fmt.Errorf("%w: %w", ErrLiteralRefused, err)
	case err != nil:
		return err
	case cmd.done:
		return literalRefused(c.refusal(cmd), goimap.ResponseCodeAlert, goimap.ResponseCodeCannot, goimap.ResponseCodeClientBug, "BADCHARSET", "PARSE")
	}
	if err := c.sendRest(l, "\r\n"); err != nil {
		return err
	}
	err = c.await(cmd)
	if literal {
		err = literalRefused(err)
	}
	return c.loggedIn(err)
}

// literalLost reports whether the connection has ended, with no reason given, where the literal of a password was announced and not yet sent.
func literalLost(err error) bool {
	var bye *StatusError
	return ended(err) && (!errors.As(err, &bye) || bye.Code == "")
}

// literalRefused tells a refusal of a literal as such from one with a code that says more, such as PRIVACYREQUIRED. BAD speaks of the syntax: so
// it does behind the literal too (exmail.qq.com: "LOGIN parameters error"). NO does where it comes before the password, without a code or with one of these.
func literalRefused(err error, codes ...goimap.ResponseCode) error {
	var status *StatusError
	if errors.As(err, &status) && (status.Type == "BAD" || status.Type == "NO" && len(codes) > 0 && (status.Code == "" || slices.Contains(codes, status.Code))) {
		return fmt.Errorf("%w: %w", ErrLiteralRefused, err)
	}
	return err
}

// Authenticate logs in with a SASL mechanism (RFC 3501 §6.2.2, RFC 4959). initial is the initial response: nil for a mechanism in which
// the server speaks first, not nil but empty for an empty one. next answers each challenge but the empty one that asks for initial; nil if the
// mechanism has none; then the empty one is answered too where initial went with the command and was overlooked. An error of next cancels the dialogue with "*", breaks the connection, so that no later command
// can be read as an answer, and is returned.
func (c *Conn) Authenticate(ctx context.Context, mechanism string, initial []byte, next func(challenge []byte) ([]byte, error)) error {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	encoded := base64.StdEncoding.EncodeToString(initial)
	defer c.hide(parts(initial), encoded)()

	l := c.command("AUTHENTICATE").atom("SASL mechanism", " ", mechanism)
	inLine := initial != nil && caps.Has(goimap.CapSASLIR) && len(encoded) <= maxInitial
	if inLine {
		if encoded == "" {
			encoded = "="
		}
		l.out = append(append(l.out, ' '), encoded...)
		l.show(" " + redacted)
		if next != nil {
			initial = nil
		}
	}
	cmd, err := c.send(l)
	if err != nil {
		return err
	}
	for {
		if err := c.awaitContinuation(cmd); err != nil {
			return err
		}
		if cmd.done {
			return c.loggedIn(cmd.err)
		}
		answer := initial
		if initial == nil || inLine && len(c.challenge) > 0 {
			if answer, err = c.answer(next); err != nil {
				return err
			}
		}
		initial = nil
		c.showOut([]byte(redacted))
		if err := c.write(append(base64.StdEncoding.AppendEncode(nil, answer), "\r\n"...)); err != nil {
			return err
		}
	}
}

// parts are the pieces of an initial response that may be secrets by themselves: PLAIN parts them with NUL, the mechanisms
// for tokens with 0x01, and a token stands behind the word Bearer.
func parts(initial []byte) []string {
	pieces := strings.FieldsFunc(string(initial), func(r rune) bool { return r <= 1 })
	for i, piece := range pieces {
		pieces[i] = strings.TrimPrefix(piece, "auth=Bearer ")
	}
	return pieces
}

// answer asks next for the answer to the challenge that has come.
func (c *Conn) answer(next func([]byte) ([]byte, error)) ([]byte, error) {
	challenge, err := base64.StdEncoding.AppendDecode(nil, c.challenge)
	if err != nil {
		return nil, c.fail(&ProtocolError{Text: "a challenge that is not base64"})
	}
	var answer []byte
	err = fmt.Errorf("imap: a challenge where the mechanism has none")
	if next != nil {
		answer, err = next(challenge)
	}
	if err != nil {
		c.showOut([]byte("*"))
		// Whether the server still hears that we cancel does not matter: the connection ends here.
		_ = c.write([]byte("*\r\n"))
		c.fail(fmt.Errorf("imap: login dialogue cancelled: %w", err))
		return nil, err
	}
	return answer, nil
}

// hide keeps secrets, and the pieces of an initial response, out of Trace and out of the server's texts until the function that it
// gives is called, and the secrets for as long as the connection lives, since a server may repeat them in any NO, ALERT or BYE to come.
// The last piece is a secret too: PLAIN has the password there, the mechanisms for tokens the token. The others are names, and are shown
// again after the login. The longest are replaced first: a password may hold the name.
func (c *Conn) hide(pieces []string, secrets ...string) (show func()) {
	if len(pieces) > 0 {
		secrets = append(secrets, pieces[len(pieces)-1])
	}
	longestFirst := func(list []string) []string {
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
		return list
	}
	lasting := longestFirst(slices.Clone(secrets))
	pieces = slices.DeleteFunc(slices.Clone(pieces), func(s string) bool { return len(s) < minReplaced })
	c.secrets = longestFirst(append(pieces, secrets...))
	c.hiding, c.saidCap = true, false
	return func() { c.hiding, c.secrets = false, lasting }
}

// loggedIn forgets the capabilities from before the login, unless the server has told the new ones on its way.
func (c *Conn) loggedIn(err error) error {
	if err == nil && !c.saidCap {
		c.earlier, c.caps = c.caps, nil
	}
	return err
}

// ID tells the server who we are and gives what it says of itself, nil if nothing (RFC 2971). No fields are sent as NIL.
func (c *Conn) ID(ctx context.Context, fields map[string]string) (map[string]string, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	l := c.command("ID")
	if len(fields) == 0 {
		l.raw(" NIL")
	} else {
		l.raw(" (")
		for i, key := range slices.Sorted(maps.Keys(fields)) {
			if i == 0 {
				l.first()
			}
			l.str("ID field", key).str("ID value", fields[key])
		}
		l.raw(")")
	}
	id := make(map[string]string)
	c.asked = asked{id: id}
	defer c.askedNothing()
	if _, err := c.run(l); err != nil {
		return nil, err
	}
	if len(id) == 0 {
		return nil, nil
	}
	return id, nil
}

// idResponse reads an ID response; values may be NIL.
func (c *Conn) idResponse() {
	r := &c.r
	r.spaces()
	if c.asked.id == nil || r.peek() != '(' {
		r.rest(c.o.MaxLiteral)
		return
	}
	r.pos++
	for r.spaces(); r.peek() != ')' && r.err == nil; r.spaces() {
		key := string(r.str(c.o.MaxLiteral))
		r.gap()
		r.spaces()
		if r.peek() == ')' || len(c.asked.id) >= maxIDFields {
			r.fail("an ID field without a value, or more than %d", maxIDFields)
		}
		bare := r.peek() != '"' && r.peek() != '{'
		value := string(r.str(c.o.MaxLiteral))
		if bare && strings.EqualFold(value, "NIL") {
			value = ""
		}
		c.asked.id[key] = value
	}
	r.expect(')')
	r.endLine()
}

// askedNothing ends what the last command asked for.
func (c *Conn) askedNothing() { c.asked = asked{} }

// Noop asks for nothing and so gives the server the opportunity to tell changes (RFC 3501 §6.1.2).
func (c *Conn) Noop(ctx context.Context) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	_, err = c.run(c.command("NOOP"))
	return err
}

// Logout says farewell, waits for the answer and closes (RFC 3501 §6.1.3). The connection is closed also after an error.
func (c *Conn) Logout(ctx context.Context) error {
	leave, err := c.enter(ctx)
	if err != nil {
		c.Close()
		return err
	}
	defer leave()
	c.leaving = true
	_, err = c.run(c.command("LOGOUT"))
	if c.parted {
		// Some servers end the connection behind BYE without the tagged OK.
		err = nil
	}
	c.Close()
	return err
}
