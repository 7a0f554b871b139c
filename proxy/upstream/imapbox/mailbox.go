package imapbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Mailbox is one device's mailbox on an IMAP server. It is used by one
// goroutine. The connection behind it may be replaced or let go; what a session
// relies on is the UIDVALIDITY.
type Mailbox struct {
	pool *Pool
	req  asked
	*shared
	tally upstream.Tally

	name       string // in wire form
	server     translate.Server
	validity   uint32
	next       goimap.UID                    // the highest UIDNEXT that the session has seen, 0: not said
	missing    map[string]goimap.MailboxAttr // targets that have to be made before use
	full       map[string]error              // targets that could not be made for want of room
	untargeted bool                          // where deleted messages go has not been asked, see FindTargets
	absent     goimap.UIDSet                 // were looked for in this session, and were not there: UIDs do not come back
	prefetch   prefetch
	reserved   int64 // octets of what is in flight and kept
	onward     onward
	writers    writers
	first      bool           // it is the maildrop's first mailbox
	hint       *imap.Status   // what STATUS said of it at the login, nil: nothing, or it was used
	proof      *proof         // that it holds what the parked connection had listed; nil: none, or it was used
	listing    bool           // it is being listed
	found      *goimap.UIDSet // what the search has found in the flight of the listing; nil: it was not asked, or refused
}

// Open gives a mailbox: with a parked connection that has this credential, else
// with a login. Its errors are Refusals.
func (p *Pool) Open(ctx context.Context, req backend.Request) (*Mailbox, error) {
	req = upstream.ForUse(req)
	m := p.newMailbox(req, &shared{})
	if !m.unpark(ctx) {
		if req.Kept {
			return nil, translate.Temporary(errNoneKept)
		}
		c, err := p.connect(ctx, req)
		if err != nil {
			return nil, err
		}
		m.use(c)
	}
	err := m.checkGmail()
	if err == nil {
		err = m.resolve(ctx)
	}
	if err != nil {
		m.drop()
		return nil, err
	}
	return m, nil
}

// newMailbox gives one that works with a connection.
func (p *Pool) newMailbox(req backend.Request, s *shared) *Mailbox {
	m := &Mailbox{
		pool: p, req: askedFor(req), shared: s, tally: p.dialer.Tally(req.Upstream.Name), first: true,
		missing: make(map[string]goimap.MailboxAttr), full: make(map[string]error),
	}
	m.onward.take = m.onward.first
	s.boxes = append(s.boxes, m)
	return m
}

// reviveTimeout is how long a parked connection may take to show that it lives: the
// other end of a TCP connection may be gone, and nothing has told this one.
const reviveTimeout = 5 * time.Second

// unpark takes a parked connection, which has to answer NOOP before it is trusted:
// with that the server also tells what has changed. It reports success.
func (m *Mailbox) unpark(ctx context.Context) bool {
	req := m.req.request()
	for {
		c := m.pool.idle.take(m.pool.keyOf(req), m.pool.dialer.Credentials.Digest(req))
		if c == nil {
			return false
		}
		c.log, c.alerted = m.req.Log, false
		nctx, cancel := context.WithTimeout(ctx, min(reviveTimeout, m.req.Upstream.Timeout))
		err := c.wire.Noop(nctx)
		silent := nctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded)
		cancel()
		if err == nil && c.alerted {
			// Dovecot says so, and OK to NOOP, where the mailbox was deleted and
			// made again: what was listed means nothing then.
			c.selected = nil
			c.changed()
		}
		if err == nil {
			m.use(c)
			m.tally.Add(upstream.Reuses, 1)
			return true
		}
		m.req.Log.Debug("a parked connection has ended", "upstream", m.req.Upstream.Name, "cause", err)
		c.close()
		if silent {
			// Half of its TCP connection was gone. Others may be so too, and to
			// find that out costs as long for each.
			m.pool.idle.drop(c.key)
			return false
		}
	}
}

// Server is what a Plan depends on; complete after List and FindTargets.
func (m *Mailbox) Server() translate.Server { return m.server }

// ready gives a live connection with the mailbox selected and nothing in flight.
func (m *Mailbox) ready(ctx context.Context) error {
	if m.user != m && m.user != nil {
		m.user.stopPrefetch(ctx)
	}
	m.stopPrefetch(ctx)
	return m.connected(ctx)
}

// connected gives a live connection with the mailbox selected.
func (m *Mailbox) connected(ctx context.Context) error {
	if err := m.alive(ctx); err != nil {
		return err
	}
	if m.selected() {
		return m.accept(m.conn.selected)
	}
	return m.selectMailbox(ctx)
}

// selected reports whether the connection has the mailbox selected, and knows no less of
// it than this session: one that was parked may have been selected before.
func (m *Mailbox) selected() bool {
	return m.conn.selected != nil && m.conn.name == m.name && !m.behind(m.conn.selected)
}

// behind reports whether what SELECT said is not, or not yet, the mailbox that
// this session has seen.
func (m *Mailbox) behind(s *imap.Selected) bool {
	return m.validity != 0 && (s.UIDValidity != m.validity || s.UIDNext != 0 && s.UIDNext < m.next)
}

// alive gives a live connection: the one there is, a parked one, or a new login.
func (m *Mailbox) alive(ctx context.Context) error {
	m.claim(ctx)
	if !m.lost() {
		return nil
	}
	m.drop()
	if m.unpark(ctx) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*m.req.Upstream.Timeout)
	defer cancel()
	c, err := m.pool.connect(ctx, m.req.request())
	if err == nil {
		m.use(c)
	}
	return err
}

// use makes a connection this mailbox's own; what it says goes to this session's log.
func (m *Mailbox) use(c *connection) {
	m.conn, m.user, c.log = c, m, m.req.Log
	m.pool.idle.use(c, m.req.Owner)
}

// selectMailbox selects the mailbox and compares its UIDVALIDITY with the session's. A
// server that is behind what the session has seen may be a replica that lags: the
// next connection may lead to another.
func (m *Mailbox) selectMailbox(ctx context.Context) error { return m.selectWith(ctx, nil) }

// selectWith is selectMailbox with a listing in the same flight; nil: none.
func (m *Mailbox) selectWith(ctx context.Context, ahead *imap.Ahead) error {
	s, err := m.conn.selectMailbox(ctx, m.name, m.beside(), ahead)
	if err == nil && m.behind(s) {
		m.drop()
		if err = m.alive(ctx); err == nil {
			s, err = m.conn.selectMailbox(ctx, m.name, m.beside(), ahead)
		}
	}
	if err == nil {
		if m.found, s.Found = s.Found, nil; m.found != nil {
			m.keepFound(said(s), *m.found)
		}
		return m.accept(s)
	}
	var status *imap.StatusError
	if !errors.As(err, &status) || status.Type != "NO" || m.lost() {
		return refusal(*m.req.Upstream, "selecting the mailbox", err)
	}
	m.pool.forgetNames(m.req.request())
	err = fmt.Errorf("mailbox %q of account %.128q cannot be selected: %w", imap.DecodeMailbox(m.name), m.req.Account, err)
	if status.Code == goimap.ResponseCodeNonExistent || status.Code == "" && m.name != "INBOX" {
		return translate.Permanent(err)
	}
	return translate.RefuseCommand(status.Code, err)
}

// maxMessages bounds a mailbox: what a server announces beyond it is a lie, or
// nothing that a POP3 device can hold.
const maxMessages = 10_000_000

// accept takes what SELECT said, unless the mailbox is another one by now.
func (m *Mailbox) accept(s *imap.Selected) error {
	if s.Messages > maxMessages {
		return translate.Permanent(fmt.Errorf("upstream %q announces %d messages in mailbox %q; at most %d are served", m.req.Upstream.Name, s.Messages, m.name, maxMessages))
	}
	if s.UIDValidity == 0 {
		return translate.Permanent(fmt.Errorf("upstream %q gives no UIDVALIDITY for mailbox %q, so its UIDs mean nothing", m.req.Upstream.Name, m.name))
	}
	if m.validity != 0 && s.UIDValidity != m.validity {
		return translate.Temporary(fmt.Errorf("UIDVALIDITY changed from %d to %d within the session: the mailbox was rebuilt", m.validity, s.UIDValidity))
	}
	if s.UIDNext != 0 && s.UIDNext < m.next {
		return translate.Temporary(fmt.Errorf("UIDNEXT went from %d back to %d within the session: the mailbox was restored, and its UIDs may be other messages", m.next, s.UIDNext))
	}
	m.validity, m.next = s.UIDValidity, max(m.next, s.UIDNext)
	m.server.Caps, m.server.ReadOnly, m.server.PermanentFlags = m.conn.caps, s.ReadOnly, nil
	if s.PermanentFlagsSaid {
		m.server.PermanentFlags = append([]goimap.Flag{}, s.PermanentFlags...)
	}
	m.remember(s.MailboxID)
	return nil
}

// lost reports whether the connection has ended, so that another may do better.
func (m *Mailbox) lost() bool { return m.conn == nil || m.conn.broken() }

// drop closes the connection without LOGOUT.
func (m *Mailbox) drop() {
	for _, b := range m.boxes {
		b.forgetInFlight()
	}
	if m.conn != nil {
		m.pool.idle.lose(m.conn)
		m.conn.close()
	}
	m.conn = nil
}

// Doubt has the next List ask on another connection, which behind a balancer may
// lead to another server. What this one has shown binds the session no more.
func (m *Mailbox) Doubt() {
	m.drop()
	m.validity, m.next, m.hint, m.proof = 0, 0, nil, nil
}
