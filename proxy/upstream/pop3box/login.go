package pop3box

import (
	"context"
	"errors"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// logIn authenticates with the token that the device brought, else as upstream.auth
// says. Its errors are Refusals.
func (p *Pool) logIn(ctx context.Context, conn *pop3.Client, req backend.Request) error {
	caps, err := conn.Capabilities(ctx)
	if err == nil {
		err = wantUTF8(ctx, conn, caps)
	}
	l := login{conn: conn, caps: caps, req: req}
	l.recoded, _ = p.dialer.Credentials.WasAccepted(req)
	if err == nil {
		err = p.authenticate(ctx, &l)
	}
	if err == nil {
		p.dialer.Credentials.Accepted(req, l.recoded)
		return nil
	}
	return p.refuseLogin(req, err)
}

// wantUTF8 has a server that knows of UTF8 give messages as they are, as every
// device gets them later: Courier shows others a notice in place of each message
// that has UTF-8 in its header. Its -ERR changes nothing.
func wantUTF8(ctx context.Context, conn *pop3.Client, caps pop3.Capabilities) error {
	if !caps.Has("UTF8") {
		return nil
	}
	err := conn.UTF8(ctx)
	var refused *pop3.ReplyError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// login is one attempt to log in at an old server.
type login struct {
	conn    *pop3.Client
	caps    pop3.Capabilities
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
		return l.bearer(ctx, l.req.Bearer)
	case upstream.OwnToken:
		return p.ownToken(ctx, l)
	case upstream.MasterUser:
		return l.master(ctx)
	}
	return l.own(ctx)
}

// own logs in with the password that the device gave.
func (l *login) own(ctx context.Context) (err error) {
	l.recoded, err = upstream.TryPassword(l.req, l.recoded, func(password string) error {
		return l.plain(ctx, l.req.Account, password)
	}, l.wrongPassword)
	return err
}

// wrongPassword reports whether an error may be of the password, and another one may
// be tried.
func (l *login) wrongPassword(err error) bool {
	var refused *pop3.ReplyError
	return errors.As(err, &refused) && l.conn.Err() == nil && translate.RefuseOldLogin(refused.Code, refused.Text, false, nil).Code == translate.CodeAuth
}

// plain uses USER and PASS, which every POP3 server has that does not say
// otherwise, else AUTH PLAIN.
func (l *login) plain(ctx context.Context, user, password string) error {
	if l.caps.Known() && !l.caps.Has("USER") && l.caps.Mechanism("PLAIN") {
		return l.conn.AuthPlain(ctx, "", user, password)
	}
	return l.conn.Login(ctx, user, password)
}

// master logs in as the master user, for the account. USER and PASS know no
// authorization identity.
func (l *login) master(ctx context.Context) error {
	identity, user, err := upstream.MasterNames(l.req)
	password := l.req.Upstream.MasterPassword.Reveal()
	switch {
	case err != nil:
		return err
	case identity != "":
		return l.conn.AuthPlain(ctx, identity, user, password)
	}
	return l.plain(ctx, user, password)
}
