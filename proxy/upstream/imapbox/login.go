package imapbox

import (
	"context"
	"errors"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// logIn authenticates with the token that the device brought, else as
// upstream.auth says; quoted: a password goes in quotes where it is LOGIN's. Its
// errors are Refusals.
func (p *Pool) logIn(ctx context.Context, conn wire, req backend.Request, quoted bool) error {
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		// A NO to this speaks of no password.
		return refusal(req.Upstream, "asking for capabilities", err)
	}
	l := login{conn: conn, caps: caps, req: req, lessons: p.lessonsOf(req.Upstream), quoted: quoted}
	l.recoded, _ = p.dialer.Credentials.WasAccepted(req)
	err = introduce(ctx, conn, caps, req)
	if err == nil {
		err = p.authenticate(ctx, &l)
	}
	if err != nil && l.askedForID(err) && identify(ctx, conn, req.Log, req.Upstream) {
		err = p.authenticate(ctx, &l)
	}
	if err == nil {
		p.dialer.Credentials.Accepted(req, l.recoded)
		return nil
	}
	return p.refuseLogin(req, err)
}

// login is one attempt to log in.
type login struct {
	conn    wire
	caps    goimap.CapSet
	req     backend.Request
	lessons *lessons
	recoded bool // the password goes in UTF-8, and not as it came
	quoted  bool // the server has ended another connection over a literal
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
	case upstream.PasswordProven:
		return l.scram(ctx)
	}
	return l.own(ctx)
}

// plain uses AUTHENTICATE PLAIN where it is announced (RFC 4616) and LOGIN
// elsewhere, which knows no authorization identity. LOGIN is tried too where
// AUTHENTICATE is refused as such: some servers announce what they do not know.
func (l *login) plain(ctx context.Context, identity, user, password string) error {
	announced := l.caps.Has("AUTH=PLAIN")
	if identity != "" && !announced {
		return translate.Permanent(errors.New(`the server does not announce AUTH=PLAIN, which a master user needs without a master_separator`))
	}
	canLogin := identity == "" && !l.caps.Has(goimap.CapLoginDisabled)
	if !announced || canLogin && l.lessons.has(lessonLogin) {
		return l.login(ctx, user, password)
	}
	err := l.conn.Authenticate(ctx, "PLAIN", []byte(identity+"\x00"+user+"\x00"+password), nil)
	if !canLogin || !refusesMechanism(err) {
		return err
	}
	// Learned before LOGIN is tried: a server that hangs up now is asked by LOGIN
	// next time.
	l.lessons.learn(lessonLogin, l.req.Upstream, l.req.Log)
	if l.conn.Err() != nil {
		return err
	}
	lerr := l.login(ctx, user, password)
	if refusesMechanism(lerr) {
		l.lessons.forget(lessonLogin)
	}
	return lerr
}

// refusesMechanism reports whether a login was refused for how it was tried, and
// not for its password.
func refusesMechanism(err error) bool {
	var status *imap.StatusError
	return errors.As(err, &status) && (status.Type == "BAD" || status.Type == "NO" && translate.SaysUnsupported(status.Text))
}

// login says LOGIN, in quotes where the server takes no literal there. Where it has
// ended the connection over one, the error is an ErrLiteralRefused.
func (l *login) login(ctx context.Context, user, password string) error {
	known := l.lessons.has(lessonQuoted)
	if !known && !l.quoted {
		err := l.conn.Login(ctx, user, password)
		if !errors.Is(err, imap.ErrLiteralRefused) || l.conn.Err() != nil {
			return err
		}
	}
	err := l.conn.LoginQuoted(ctx, user, password)
	switch {
	case err == nil:
		l.lessons.learn(lessonQuoted, l.req.Upstream, l.req.Log)
	case !known && !l.quoted && l.conn.Err() != nil:
		// The connection has ended behind the literal, and not over the password.
		err = fmt.Errorf("%w: %w", imap.ErrLiteralRefused, err)
	}
	return err
}

// askedForID reports whether a refusal wants to know first who asks.
func (l *login) askedForID(err error) bool {
	var status *imap.StatusError
	return errors.As(err, &status) && status.Type != "BYE" && translate.AsksForID(status.Text) && l.conn.Err() == nil
}

// master logs in as the master user, for the account.
func (l *login) master(ctx context.Context) error {
	identity, user, err := upstream.MasterNames(l.req)
	if err != nil {
		return err
	}
	return l.plain(ctx, identity, user, l.req.Upstream.MasterPassword.Reveal())
}

// introduce tells a server that trusts us whom the connection is for, so that it
// counts failed logins against the device and not against us (Dovecot's
// login_trusted_networks; RFC 2971). A server that does not want to know is none
// the worse.
func introduce(ctx context.Context, conn wire, caps goimap.CapSet, req backend.Request) error {
	if !req.Upstream.SendClientIP || !caps.Has(goimap.CapID) || !req.Client.IsValid() {
		return nil
	}
	err := conn.ID(ctx, map[string]string{"name": "popbridge", "x-originating-ip": req.Client.Unmap().WithZone("").String()})
	var status *imap.StatusError
	if errors.As(err, &status) && status.Type != "BYE" {
		req.Log.Debug("the upstream does not take ID before login", "upstream", req.Upstream.Name, "cause", err)
		return nil
	}
	return err
}
