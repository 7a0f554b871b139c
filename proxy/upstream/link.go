package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// berth is who may use a connection: the same upstream, set up alike, the same
// account and the same mailbox. The credential is compared apart from it.
type berth struct {
	name, address, caFile string
	tls                   configs.TLS
	way                   proof // how to log in there
	account, mailbox      string
}

func (p *Pool) berthOf(req backend.Request) berth {
	b := p.place(req.Upstream)
	b.account, b.mailbox = req.Account, req.Maildrop.Mailbox
	return b
}

// place is the part of a berth that belongs to the upstream.
func (p *Pool) place(u configs.Upstream) berth {
	return berth{name: u.Name, address: u.Address, caFile: u.CAFile, tls: u.TLS, way: p.recent.way(u)}
}

// link is one authenticated connection with what is known of its mailbox. It
// belongs to one Mailbox at a time or is parked, and changes hands only with
// nothing in flight.
type link struct {
	conn     wire
	tally    Tally
	log      hclog.Logger // of the session that uses it
	alarmed  bool         // the server has said something unasked that a human should read
	gate     gate         // a place in it is the link's own
	berth    berth
	owner    translate.Login // of the session that uses it, or used it last
	expelled bool            // must not be parked; guarded by the lot's mutex
	proof    proof           // of the credential that it logged in with
	loggedIn time.Time
	caps     goimap.CapSet

	upstream   configs.Upstream
	lessons    *lessons
	identified bool // the server has been told who we are, behind the login

	selected *imap.Selected // nil: no mailbox is selected
	name     string         // of the selected mailbox, in wire form
	// listing is what the mailbox held when it was last listed. It still does
	// as long as the server has told of no change and nothing was stored.
	listing translate.Listing
	listed  bool
	looked  int   // what Changes().Expunged was when it was last known what is there
	room    int64 // octets that may be in flight: should they come out of turn, they have to be held
}

// minRoom is what a link has room for whatever the maildrop says that it was
// opened for: the next one may read ahead.
const minRoom = 1 << 20

// connect makes a link: a place, a connection, a login. Its errors are Refusals.
func (p *Pool) connect(ctx context.Context, req backend.Request) (*link, error) {
	l := &link{upstream: req.Upstream, lessons: p.lessonsOf(req.Upstream), log: req.Log, tally: p.meter.Upstream(req.Upstream.Name), gate: p.gate(req.Upstream), berth: p.berthOf(req), proof: p.recent.proof(req)}
	if err := p.enter(ctx, l.gate, req); err != nil {
		return nil, err
	}
	l.room = max(minRoom, int64(req.Maildrop.Prefetch))
	o := imap.Options{MaxBuffered: 2 * l.room, Ignore: l.lessons.forgone(), Alert: func(text string) {
		l.alarmed = true
		l.log.Warn("the upstream says", "upstream", req.Upstream.Name, "account", req.Account, "text", text)
	}}
	if req.Log.IsTrace() {
		// Secrets have been left out already.
		o.Trace = func(dir, line string) { l.log.Named("imap").Trace("wire", "dir", dir, "line", line) }
	}
	conn, err := p.dial(ctx, req.Upstream, o)
	if err != nil {
		l.tally.Add(DialsFailed, 1)
		l.gate.leave()
		return nil, err
	}
	l.conn = wire{conn, l.tally}
	l.tally.Add(Connections, 1)
	if err := p.logIn(ctx, l.conn, req); err != nil {
		l.close()
		return nil, err
	}
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		l.close()
		return nil, refusal(req.Upstream, "asking for capabilities", err)
	}
	l.caps = p.shared(caps)
	l.introduce(ctx)
	l.loggedIn = time.Now()
	l.tally.Add(Logins, 1)
	return l, nil
}

// choose selects a mailbox, and forgets what was listed before.
func (l *link) choose(ctx context.Context, name string) (*imap.Selected, error) {
	l.selected, l.listed, l.listing = nil, false, translate.Listing{}
	var s *imap.Selected
	err := l.insist(ctx, goimap.CapCondStore, func() (err error) {
		s, err = l.conn.Select(ctx, name, imap.SelectOptions{CondStore: l.caps.Has(goimap.CapCondStore)})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.conn.ResetChanges()
	l.looked = 0
	l.selected, l.name = s, name
	return s, nil
}

// current reports whether the listing still holds as far as the server has told.
func (l *link) current() bool { return l.listed && !l.conn.Changes().Dirty }

// changed says that we have changed the mailbox ourselves.
func (l *link) changed() { l.listed, l.listing = false, translate.Listing{} }

// broken reports whether the connection is gone.
func (l *link) broken() bool { return l.conn.Err() != nil }

// logoutTimeout bounds a farewell; nobody waits for its outcome.
const logoutTimeout = 2 * time.Second

// farewell says LOGOUT and closes. It never says CLOSE, which would expunge.
func (l *link) farewell() {
	if !l.broken() {
		ctx, cancel := context.WithTimeout(context.Background(), logoutTimeout)
		defer cancel()
		// The connection is closed whatever the server answers.
		_ = l.conn.Logout(ctx)
	}
	l.close()
}

// close gives the place back.
func (l *link) close() {
	_ = l.conn.Close()
	l.tally.Add(Connections, -1)
	l.gate.leave()
}

// refusal makes what a device may be told of an error of a command. A Refusal
// stays what it is, and nil stays nil.
func refusal(u configs.Upstream, doing string, err error) error {
	var made *translate.Refusal
	if err == nil || errors.As(err, &made) {
		return err
	}
	err = fmt.Errorf("upstream %q: %s: %w", u.Name, doing, err)
	var status *imap.StatusError
	if errors.As(err, &status) {
		return translate.RefuseCommand(status.Code, err)
	}
	return translate.Temporary(err)
}
