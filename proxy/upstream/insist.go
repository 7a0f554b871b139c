package upstream

import (
	"context"
	"errors"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// insist carries out do again where the server refuses it for what it can go
// without: an extension that is announced and refused all the same (189.cn refuses
// NAMESPACE, mail.gov.in CONDSTORE), or because it has not been told yet who asks.
// What helped is remembered for the upstream; where nothing did the first refusal
// stands. do has to look at the link's capabilities each time, and must be one that
// changes nothing when it is refused.
func (l *link) insist(ctx context.Context, extension goimap.Cap, do func() error) error {
	err := do()
	var said *imap.StatusError
	if errors.As(err, &said) && said.Type != "BYE" && translate.AsksForID(said.Text) && l.identify(ctx) {
		if err = do(); err == nil {
			l.lessons.learn(lessonID, l.upstream, l.log)
		}
	}
	if !l.caps.Has(extension) || l.broken() || !refusesExtension(err) {
		return err
	}
	announced := l.caps
	restore := l.forgo(extension)
	if do() != nil {
		restore()
		l.caps = announced
		return err
	}
	l.lessons.learn(lesson(extension), l.upstream, l.log)
	return nil
}

// forgo goes on as if a capability were not announced; restore takes it back.
func (l *link) forgo(extension goimap.Cap) (restore func()) {
	l.caps = imap.Without(l.caps, extension)
	return l.conn.Forgo(extension)
}

func refusesExtension(err error) bool {
	var said *imap.StatusError
	return errors.As(err, &said) && translate.RefusesExtension(said.Type, said.Code, said.Text)
}

// identify tells the server who asks, once in the life of a connection and behind
// the login, where the operator does not forbid it. Nothing of the device is in it.
// It reports whether the server has been told now.
func (l *link) identify(ctx context.Context) bool {
	if l.identified || l.broken() {
		return false
	}
	l.identified = true
	return identify(ctx, l.conn, l.log, l.upstream)
}

func identify(ctx context.Context, conn wire, log hclog.Logger, u configs.Upstream) bool {
	if ignores(u, goimap.CapID) {
		return false
	}
	if err := conn.ID(ctx, map[string]string{"name": "popbridge", "vendor": "popbridge"}); err != nil {
		log.Debug("the upstream does not take ID", "upstream", u.Name, "cause", err)
		return false
	}
	return true
}

// introduce identifies us to a server that is known to want it, or says so in its
// greeting, and to one that is told each device's address before the login.
func (l *link) introduce(ctx context.Context) {
	u := l.upstream
	if l.lessons.has(lessonID) || l.caps.Has(goimap.CapID) && (u.SendClientIP || translate.AsksForID(l.conn.Greeting())) {
		l.identify(ctx)
	}
}
