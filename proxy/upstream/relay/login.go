package relay

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// logIn authenticates with the token that the device brought, else as upstream.auth
// says, as at the server of the mailboxes. Its errors are Refusals.
func (p *Pool) logIn(ctx context.Context, c *client, req backend.Request) error {
	l := login{client: c, req: req}
	l.recoded, _ = p.dialer.Credentials.WasAccepted(req)
	c.wire.secret = true
	defer func() { c.wire.secret = false }()
	if err := p.authenticate(ctx, &l); err != nil {
		return p.refuse(req, err)
	}
	p.dialer.Credentials.Accepted(req, l.recoded)
	return nil
}

// login is one attempt to log in.
type login struct {
	*client
	req     backend.Request
	recoded bool // the password goes in UTF-8, and not as it came
}

func (p *Pool) authenticate(ctx context.Context, l *login) error {
	with, err := upstream.Choose(l.req)
	if err != nil {
		return err
	}
	switch with {
	case upstream.DeviceToken:
		return l.bearer(l.req.Bearer)
	case upstream.OwnToken:
		return upstream.TryToken(ctx, p.tokens, l.req, l.bearer, l.wrong)
	case upstream.MasterUser:
		return l.master()
	case upstream.PasswordProven:
		return l.scram()
	}
	return l.own()
}

// own logs in with the password that the device gave.
func (l *login) own() (err error) {
	l.recoded, err = upstream.TryPassword(l.req, l.recoded, func(password string) error {
		return l.plain("", l.req.Account, password)
	}, l.wrong)
	return err
}

// master logs in as the master user, for the account.
func (l *login) master() error {
	identity, user, err := upstream.MasterNames(l.req)
	if err != nil {
		return err
	}
	return l.plain(identity, user, l.req.Upstream.MasterPassword.Reveal())
}

// wrong reports whether an error may be of the credential, and another one may be
// tried.
func (l *login) wrong(err error) bool {
	var said *smtp.SMTPError
	return errors.As(err, &said) && l.wire.err == nil && translate.RefuseSMTPLogin(said.Code, said.Message, false, nil).Code == translate.CodeAuth
}

// plain shows a password by PLAIN, or LOGIN where that alone is announced.
func (l *login) plain(identity, user, password string) error {
	switch {
	case l.SupportsAuth("PLAIN"):
		return l.show(sasl.NewPlainClient(identity, user, password))
	case identity == "" && l.SupportsAuth("LOGIN"):
		return l.show(sasl.NewLoginClient(user, password))
	}
	return l.lacks("PLAIN")
}

func (l *login) lacks(mechanism string) error {
	return translate.Permanent(fmt.Errorf("the submission server does not announce AUTH %s, which it takes to log in there", mechanism))
}

func (l *login) scram() error {
	if !l.SupportsAuth("SCRAM-SHA-256") {
		return l.lacks("SCRAM-SHA-256")
	}
	return upstream.ProveSCRAM(l.req, func(first []byte, next func([]byte) ([]byte, error)) error {
		return l.show(&steps{"SCRAM-SHA-256", first, next})
	}, l.Close)
}

// bearer shows an access token.
func (l *login) bearer(token configs.Secret) error {
	show, err := upstream.ShowToken(l.req, token, l.SupportsAuth)
	if err != nil {
		return err
	}
	why := ""
	err = l.show(&steps{show.Mechanism, show.Initial, func(challenge []byte) ([]byte, error) {
		why = upstream.RefusedToken(challenge)
		return show.Refused, nil
	}})
	if err != nil && why != "" {
		return fmt.Errorf("%w (the server says of the token: %q)", err, why)
	}
	return err
}

// show carries an exchange to its end. Only 235 lets us in (RFC 4954 §4).
func (l *login) show(mechanism sasl.Client) error {
	if err := l.Auth(mechanism); err != nil {
		return err
	}
	if code := l.wire.code(); code != 235 {
		return fmt.Errorf("%w: it ends a login with %d", errProtocol, code)
	}
	return nil
}

// steps is a mechanism with an initial response.
type steps struct {
	name  string
	first []byte
	next  func(challenge []byte) ([]byte, error)
}

func (s *steps) Start() (string, []byte, error) { return s.name, s.first, nil }

func (s *steps) Next(challenge []byte) ([]byte, error) { return s.next(challenge) }

// refuse makes a Refusal of a login's error. A server that gives the enhanced code
// for wrong credentials means them.
func (p *Pool) refuse(req backend.Request, err error) error {
	return upstream.RefuseLogin(req, err, func(err error) error {
		var said *smtp.SMTPError
		switch {
		case errors.Is(err, upstream.ErrImpostor):
			return translate.Permanent(err)
		case errors.As(err, &said):
			definite := said.EnhancedCode == smtp.EnhancedCode{5, 7, 8} || said.EnhancedCode == smtp.EnhancedCode{5, 7, 9}
			return p.dialer.Credentials.Judge(req, err, func(trouble bool, err error) *translate.Refusal {
				return translate.RefuseSMTPLogin(said.Code, said.Message, trouble && !definite, err)
			})
		}
		return nil
	})
}
