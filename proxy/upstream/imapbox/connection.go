package imapbox

import (
	"context"
	"errors"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// connection is one authenticated connection with what is known of its mailbox. It
// belongs to one Mailbox at a time or waits in the idle pool, and changes hands only
// with nothing in flight.
type connection struct {
	wire       wire
	tally      upstream.Tally
	log        hclog.Logger // of the session that uses it
	alerted    bool         // the server has said something unasked that a human should read
	semaphore  upstream.Semaphore
	key        idleKey
	credential upstream.Digest // that it logged in with
	newcomer   bool            // nobody had logged in with that in a day, and nobody has come again since
	owner      translate.Login // of the session that uses it, or used it last
	ended      bool            // must not wait for another session; guarded by the idle pool's mutex
	loggedIn   time.Time
	caps       goimap.CapSet

	upstream   configs.Upstream
	lessons    *lessons
	identified bool         // the server has been told who we are, after the login
	notNow     []goimap.Cap // announced, and refused on this connection in a way that may pass

	selected *imap.Selected // nil: no mailbox is selected
	name     string         // of the selected mailbox, in wire form
	// listing is what the mailbox held when it was last listed. It still does
	// as long as the server has told of no change and nothing was stored.
	listing      translate.Listing
	listed       bool
	expungesSeen int   // what Changes().Expunged was when it was last known which messages are there
	room         int64 // octets that may be in flight: should they come out of turn, they have to be held
	habit        habit // of the devices whose sessions had it
}

// minRoom is what a connection has room for whatever the maildrop says that it was
// opened for: the next one may prefetch more.
const minRoom = 1 << 20

// connect makes a connection: a place, TCP and TLS, a login. A server that ends it over
// a literal in LOGIN is asked once more, in quotes. Its errors are Refusals.
func (p *Pool) connect(ctx context.Context, req backend.Request) (*connection, error) {
	c, err := p.connectOnce(ctx, req, false)
	if errors.Is(err, imap.ErrLiteralRefused) && ctx.Err() == nil {
		req.Log.Debug("the upstream ends the connection over a literal in LOGIN; the password is tried in quotes", "upstream", req.Upstream.Name, "cause", err)
		c, err = p.connectOnce(ctx, req, true)
	}
	return c, err
}

func (p *Pool) connectOnce(ctx context.Context, req backend.Request, quoted bool) (*connection, error) {
	c := &connection{
		upstream: req.Upstream, lessons: p.lessonsOf(req.Upstream), log: req.Log, tally: p.dialer.Tally(req.Upstream.Name),
		semaphore: p.dialer.Semaphore(req.Upstream), key: p.keyOf(req), credential: p.dialer.Credentials.Digest(req),
	}
	if err := p.acquire(ctx, c.semaphore, req); err != nil {
		return nil, err
	}
	c.room = max(minRoom, int64(req.Maildrop.Prefetch))
	o := imap.Options{MaxBuffered: 2 * c.room, Ignore: c.lessons.forgone(), RoundTrip: c.lessons.trips.took, Alert: func(text string) {
		c.alerted = true
		c.log.Warn("the upstream says", "upstream", req.Upstream.Name, "account", req.Account, "text", text)
	}}
	if req.Log.IsTrace() {
		// Secrets have been left out already.
		o.Trace = func(dir, line string) { c.log.Named("imap").Trace("wire", "dir", dir, "line", line) }
	}
	conn, err := dial(ctx, p.dialer, req.Upstream, o)
	if err != nil {
		c.tally.Add(upstream.DialsFailed, 1)
		c.semaphore.Release()
		return nil, err
	}
	_, before := p.dialer.Credentials.WasAccepted(req)
	c.newcomer = !before
	c.wire = wire{conn, c.tally}
	c.tally.Add(upstream.Connections, 1)
	if err := p.logIn(ctx, c.wire, req, quoted); err != nil {
		c.close()
		return nil, err
	}
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		c.close()
		return nil, refusal(req.Upstream, "asking for capabilities", err)
	}
	c.caps = p.shared(caps)
	c.introduce(ctx)
	c.loggedIn = time.Now()
	c.tally.Add(upstream.Logins, 1)
	return c, nil
}

// selectMailbox selects a mailbox, and forgets what was listed before; search and ahead go
// in the same flight, nil for none.
func (c *connection) selectMailbox(ctx context.Context, name string, search *imap.Criteria, ahead *imap.Ahead) (*imap.Selected, error) {
	c.selected, c.listed, c.listing = nil, false, translate.Listing{}
	var s *imap.Selected
	err := c.insist(ctx, goimap.CapCondStore, func() (err error) {
		s, err = c.wire.Select(ctx, name, imap.SelectOptions{CondStore: c.caps.Has(goimap.CapCondStore), Search: search, Ahead: ahead})
		return err
	})
	if err != nil {
		return nil, err
	}
	if ahead == nil { // else they are news that came with the messages
		c.wire.ResetChanges()
	}
	c.expungesSeen = 0
	c.selected, c.name = s, name
	return s, nil
}

// current reports whether the listing still holds as far as the server has told.
func (c *connection) current() bool { return c.listed && !c.wire.Changes().Dirty }

// changed says that we have changed the mailbox ourselves.
func (c *connection) changed() { c.listed, c.listing = false, translate.Listing{} }

// broken reports whether the connection is gone.
func (c *connection) broken() bool { return c.wire.Err() != nil }

// logout says LOGOUT and closes. It never says CLOSE, which would expunge.
func (c *connection) logout() {
	if !c.broken() {
		ctx, cancel := context.WithTimeout(context.Background(), upstream.LogoutTimeout)
		defer cancel()
		// The connection is closed whatever the server answers.
		_ = c.wire.Logout(ctx)
	}
	c.close()
}

// close gives the place back.
func (c *connection) close() {
	_ = c.wire.Close()
	c.tally.Add(upstream.Connections, -1)
	c.semaphore.Release()
}
