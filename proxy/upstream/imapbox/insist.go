package imapbox

import (
	"context"
	"errors"
	"slices"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// insist repeats do where the server refuses it on account of something that it can
// go without: an extension that is announced and refused all the same (189.cn refuses
// NAMESPACE, mail.gov.in CONDSTORE), or because it has not been told yet who asks.
// What helped is remembered for the upstream, where the refusal is one that lasts; else
// it holds for this connection, and the next one asks again. Where nothing helped the
// first refusal stands. do has to look at the connection's capabilities each time, and
// must be one that changes nothing when it is refused.
func (c *connection) insist(ctx context.Context, extension goimap.Cap, do func() error) error {
	err := do()
	if c.introduced(ctx, err) {
		err = do()
	}
	refused, lasting := refusesExtension(err)
	if !refused || !c.caps.Has(extension) || c.broken() {
		return err
	}
	announced := c.caps
	restore := c.forgo(extension)
	if do() != nil {
		restore()
		c.caps = announced
		return err
	}
	c.sayForgone(extension, lasting, err)
	return nil
}

// sayForgone notes that an extension is gone without from now on, as insist does.
func (c *connection) sayForgone(extension goimap.Cap, lasting bool, refusal error) {
	if lasting {
		c.lessons.learn(lesson(extension), c.upstream, c.log)
		return
	}
	c.notNow = append(c.notNow, extension)
	c.log.Info("popbridge does without something that the upstream announces but refuses for now; the next connection tries it again",
		"upstream", c.upstream.Name, "refused", string(extension), "cause", refusal)
}

// lacksForNow reports whether one of these extensions was refused on this connection in
// a way that may pass: what was told without it is not all that there is to know.
func (c *connection) lacksForNow(extensions ...goimap.Cap) bool {
	return slices.ContainsFunc(extensions, func(e goimap.Cap) bool { return slices.Contains(c.notNow, e) })
}

// introduced reports whether a refusal asks who we are and the server has been told now,
// so that the same may be asked again. That is remembered for the upstream.
func (c *connection) introduced(ctx context.Context, err error) bool {
	var said *imap.StatusError
	if !errors.As(err, &said) || said.Type == "BYE" || !translate.AsksForID(said.Text) || !c.identify(ctx) {
		return false
	}
	c.lessons.learn(lessonID, c.upstream, c.log)
	return true
}

// fetch is FETCH, once more where the server wants to know first who asks, and without
// EMAILID where it refuses that. Not where a message is described: what is recognised by
// its EMAILID once is to be recognised by it again.
func (c *connection) fetch(ctx context.Context, set goimap.UIDSet, items imap.Items, each func(*imap.Message) error) error {
	return c.fetchBy(ctx, items, func(items imap.Items) error { return c.wire.Fetch(ctx, set, items, each) })
}

// fetchBy is fetch by whatever way to ask.
func (c *connection) fetchBy(ctx context.Context, items imap.Items, ask func(imap.Items) error) error {
	if items.EmailID && len(items.HeaderFields) == 0 {
		return c.insist(ctx, capObjectID, func() error {
			items.EmailID = c.caps.Has(capObjectID)
			return ask(items)
		})
	}
	err := ask(items)
	if c.introduced(ctx, err) {
		err = ask(items)
	}
	return err
}

// capObjectID is announced by servers that have EMAILID (RFC 8474).
const capObjectID goimap.Cap = "OBJECTID"

// forgo goes on as if a capability were not announced; restore takes it back.
func (c *connection) forgo(extension goimap.Cap) (restore func()) {
	c.caps = imap.Without(c.caps, extension)
	return c.wire.Forgo(extension)
}

func refusesExtension(err error) (refused, lasting bool) {
	var said *imap.StatusError
	if !errors.As(err, &said) {
		return false, false
	}
	return translate.RefusesExtension(said.Type, said.Code, said.Text)
}

// identify tells the server who asks, once in the life of a connection and after
// the login, where the operator does not forbid it. Nothing of the device is in it.
// It reports whether the server has been told now.
func (c *connection) identify(ctx context.Context) bool {
	if c.identified || c.broken() {
		return false
	}
	c.identified = true
	return identify(ctx, c.wire, c.log, c.upstream)
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
func (c *connection) introduce(ctx context.Context) {
	u := c.upstream
	if c.lessons.has(lessonID) || c.caps.Has(goimap.CapID) && (u.SendClientIP || translate.AsksForID(c.wire.Greeting())) {
		c.identify(ctx)
	}
}
