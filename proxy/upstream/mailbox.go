package upstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// logoutTimeout bounds the farewell; nobody waits for its outcome.
const logoutTimeout = 2 * time.Second

// Mailbox is one device's mailbox on an IMAP server. It is used by one
// goroutine. The connection behind it may be replaced; what a session relies on
// is the UIDVALIDITY.
type Mailbox struct {
	pool *Pool
	req  Request
	gate gate

	conn     *imap.Conn // nil or broken: the next use connects again
	selected bool       // conn has name selected
	name     string     // in wire form
	caps     goimap.CapSet
	server   translate.Server
	validity uint32
	missing  map[string]goimap.MailboxAttr // targets that have to be made before use
}

// Open logs in and finds the mailbox. Its errors are Refusals.
func (p *Pool) Open(ctx context.Context, req Request) (*Mailbox, error) {
	m := &Mailbox{pool: p, req: req, gate: p.gate(req.Upstream), missing: make(map[string]goimap.MailboxAttr)}
	if err := m.gate.enter(ctx, req.Upstream.Name); err != nil {
		return nil, err
	}
	err := m.connect(ctx)
	if err == nil {
		err = m.checkGmail()
	}
	if err == nil {
		err = m.resolve(ctx)
	}
	if err != nil {
		m.drop()
		m.gate.leave()
		return nil, err
	}
	return m, nil
}

// connect makes a fresh, authenticated connection.
func (m *Mailbox) connect(ctx context.Context) error {
	m.drop()
	conn, err := m.pool.dial(ctx, m.req.Upstream, imap.Options{Trace: wireLog(m.req.Log), Alert: m.alert})
	if err != nil {
		return err
	}
	m.conn = conn
	if err := m.pool.logIn(ctx, conn, m.req); err != nil {
		return err
	}
	m.caps, err = conn.Capabilities(ctx)
	return m.refusal("asking for capabilities", err)
}

func (m *Mailbox) alert(text string) {
	m.req.Log.Warn("the upstream says", "upstream", m.req.Upstream.Name, "account", m.req.Account, "text", text)
}

// resolve settles the names of the mailbox and of where deleted messages go.
// Only names that need it cost a question.
func (m *Mailbox) resolve(ctx context.Context) error {
	d := m.req.Maildrop
	if strings.EqualFold(d.Mailbox, "INBOX") && d.OnDelete != translate.DeleteTrash && d.OnDelete != translate.DeleteArchive {
		m.name = "INBOX"
		m.server.Mailbox = m.name
		return nil
	}
	n, err := m.pool.accountNames(ctx, m.conn, m.req)
	if err != nil {
		return m.refusal("listing mailboxes", err)
	}
	var exists bool
	if m.name, exists, err = n.find(d.Mailbox); err != nil {
		return translate.Permanent(fmt.Errorf("maildrop.%s.mailbox: %w", d.Name, err))
	}
	if !exists {
		// It may have been made since: SELECT has the last word.
		m.pool.forgetNames(m.req)
	}
	m.server.Mailbox = m.name
	if d.OnDelete == translate.DeleteTrash {
		m.server.Trash, err = m.target(n, d.TrashMailbox, goimap.MailboxAttrTrash)
	}
	if d.OnDelete == translate.DeleteArchive {
		m.server.Archive, err = m.target(n, d.ArchiveMailbox, goimap.MailboxAttrArchive)
	}
	return err
}

func (m *Mailbox) target(n names, configured string, use goimap.MailboxAttr) (string, error) {
	wanted := configured
	if wanted == "" {
		wanted = string(use)
	}
	name, exists, err := n.find(wanted)
	if err != nil {
		return "", translate.Permanent(fmt.Errorf("maildrop.%s: %w", m.req.Maildrop.Name, err))
	}
	if !exists {
		m.missing[name] = use
	}
	return name, nil
}

// Server is what a Plan depends on; complete after List.
func (m *Mailbox) Server() translate.Server { return m.server }

// ready gives a live connection with the mailbox selected, connecting again
// where the old connection is gone.
func (m *Mailbox) ready(ctx context.Context) error {
	if m.conn != nil && m.conn.Err() == nil && m.selected {
		return nil
	}
	if m.conn == nil || m.conn.Err() != nil {
		if err := m.connect(ctx); err != nil {
			return err
		}
	}
	_, err := m.choose(ctx)
	return err
}

// choose selects the mailbox and compares its UIDVALIDITY with the session's.
func (m *Mailbox) choose(ctx context.Context) (*imap.Selected, error) {
	s, err := m.conn.Select(ctx, m.name, imap.SelectOptions{CondStore: m.caps.Has(goimap.CapCondStore)})
	if err != nil {
		var status *imap.StatusError
		if errors.As(err, &status) && status.Type == "NO" && m.conn.Err() == nil {
			m.pool.forgetNames(m.req)
			err = fmt.Errorf("mailbox %q of account %q cannot be selected: %w", imap.DecodeMailbox(m.name), m.req.Account, err)
			if status.Code == goimap.ResponseCodeNonExistent || status.Code == "" && !m.isInbox() {
				return nil, translate.Permanent(err)
			}
			return nil, translate.RefuseCommand(status.Code, err)
		}
		return nil, m.refusal("selecting the mailbox", err)
	}
	if s.UIDValidity == 0 {
		return nil, translate.Permanent(fmt.Errorf("upstream %q gives no UIDVALIDITY for mailbox %q, so its UIDs mean nothing", m.req.Upstream.Name, m.name))
	}
	if m.validity != 0 && s.UIDValidity != m.validity {
		return nil, translate.Temporary(fmt.Errorf("UIDVALIDITY changed from %d to %d within the session: the mailbox was rebuilt", m.validity, s.UIDValidity))
	}
	m.selected, m.validity = true, s.UIDValidity
	m.server.Caps, m.server.ReadOnly, m.server.PermanentFlags = m.caps, s.ReadOnly, nil
	if s.PermanentFlagsSaid {
		m.server.PermanentFlags = append([]goimap.Flag{}, s.PermanentFlags...)
	}
	return s, nil
}

func (m *Mailbox) isInbox() bool { return m.name == "INBOX" }

// refusal makes what a device may be told of an error of a command; nil stays
// nil.
func (m *Mailbox) refusal(doing string, err error) error {
	var refusal *translate.Refusal
	if err == nil || errors.As(err, &refusal) {
		return err
	}
	err = fmt.Errorf("upstream %q: %s: %w", m.req.Upstream.Name, doing, err)
	var status *imap.StatusError
	if errors.As(err, &status) {
		return translate.RefuseCommand(status.Code, err)
	}
	return translate.Temporary(err)
}

// lost reports whether an error came with the end of the connection, so that
// another one may do better.
func (m *Mailbox) lost() bool { return m.conn == nil || m.conn.Err() != nil }

// drop closes the connection without a farewell.
func (m *Mailbox) drop() {
	if m.conn != nil {
		_ = m.conn.Close()
	}
	m.conn, m.selected = nil, false
}

// Close says LOGOUT and closes. It never says CLOSE, which would expunge.
func (m *Mailbox) Close() error {
	defer m.gate.leave()
	if m.conn == nil || m.conn.Err() != nil {
		m.drop()
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), logoutTimeout)
	defer cancel()
	err := m.conn.Logout(ctx)
	m.drop()
	return err
}
