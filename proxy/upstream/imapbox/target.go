package imapbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// resolve settles the names of the mailbox and of where deleted messages go.
// Only names that need it cost a question.
func (m *Mailbox) resolve(ctx context.Context) error {
	d := m.req.Maildrop
	if d.Mailbox.Several() {
		return m.resolveAll(ctx)
	}
	if strings.EqualFold(d.Mailbox.First(), "INBOX") && (d.OnDelete.Target() == "" || m.mayWait()) {
		m.name = "INBOX"
		m.server.Mailbox = m.name
		m.untargeted = d.OnDelete.Target() != ""
		return nil
	}
	n, err := m.pool.accountNames(ctx, m.conn, m.req.request())
	if err != nil {
		return refusal(*m.req.Upstream, "listing mailboxes", err)
	}
	var exists bool
	if m.name, exists, err = n.find(d.Mailbox.First()); err != nil {
		return translate.Permanent(fmt.Errorf("maildrop.%s.mailbox: %w", d.Name, err))
	}
	if !exists {
		// It may have been made since: SELECT has the last word.
		m.pool.forgetNames(m.req.request())
	}
	m.server.Mailbox = m.name
	return m.findTargets(n)
}

// findTargets settles where deleted messages go.
func (m *Mailbox) findTargets(n names) (err error) {
	d := m.req.Maildrop
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

func (m *Mailbox) specialUse(target string) goimap.MailboxAttr {
	if target == m.server.Archive {
		return goimap.MailboxAttrArchive
	}
	return goimap.MailboxAttrTrash
}

// useAttr is what a server says that has another mailbox with the special use
// (RFC 6154 §3).
const useAttr goimap.ResponseCode = "USEATTR"

// makeTarget makes a mailbox that was not there at login. That somebody else has
// made it meanwhile is no error.
func (m *Mailbox) makeTarget(ctx context.Context, name string) error {
	use, missing := m.missing[name]
	if !missing {
		return nil
	}
	m.pool.forgetNames(m.req.request())
	err := m.conn.insist(ctx, goimap.CapCreateSpecialUse, func() error { return m.conn.wire.Create(ctx, name, use) })
	var no *imap.StatusError
	if errors.As(err, &no) && no.Code == useAttr {
		err = m.conn.wire.Create(ctx, name, "")
	}
	if err != nil && !m.lost() {
		if _, serr := m.conn.wire.Status(ctx, name); serr != nil {
			return fmt.Errorf("creating the mailbox %q: %w", imap.DecodeMailbox(name), err)
		}
		err = nil
	}
	if err == nil {
		m.req.Log.Info("created a mailbox upstream", "mailbox", imap.DecodeMailbox(name), "account", m.req.Account)
		delete(m.missing, name)
	}
	return err
}

// noRoom reports whether the target of an op was refused for want of room.
func noRoom(op translate.Op, cause error) bool {
	var no *imap.StatusError
	return op.To != "" && errors.As(cause, &no) && no.Type == "NO" && translate.Full(no.Code, no.Text)
}

// removes reports whether messages are removed for good that Trash has no room for.
func (m *Mailbox) removes(op translate.Op, cause error) bool {
	d := m.req.Maildrop
	return d.OnDelete == translate.DeleteTrash && d.TrashFull == translate.TrashExpunge && op.To == m.server.Trash && noRoom(op, cause)
}

// sayRemoved tells of messages that were removed for good since Trash took nothing.
func (m *Mailbox) sayRemoved(n int, cause error) {
	d := m.req.Maildrop
	m.req.Log.Warn(fmt.Sprintf(`%s accepts nothing, so %s for good; trash_full = "keep" would refuse QUIT instead`, imap.DecodeMailbox(m.server.Trash), expunged(n)),
		"upstream", m.req.Upstream.Name, "account", m.req.Account, "maildrop", d.Name, "messages", n, "error", cause)
}

func expunged(n int) string {
	if n == 1 {
		return "1 deleted message was expunged"
	}
	return fmt.Sprintf("%d deleted messages were expunged", n)
}

// refuse makes a Refusal of what a server has refused. A target without room is
// something that an operator or the owner has to mend.
func (m *Mailbox) refuse(op translate.Op, cause error) error {
	if !noRoom(op, cause) {
		return refusal(*m.req.Upstream, describe(op), cause)
	}
	way := "make room for the account upstream"
	if d := m.req.Maildrop; d.OnDelete == translate.DeleteTrash && d.TrashFull == translate.TrashKeep {
		way += `, or write trash_full = "expunge", which removes for good what Trash has no room for`
	}
	m.req.Log.Error(fmt.Sprintf("%s has no room, so messages that devices delete stay and are retrieved again: %s", imap.DecodeMailbox(op.To), way),
		"upstream", m.req.Upstream.Name, "account", m.req.Account, "maildrop", m.req.Maildrop.Name, "error", cause)
	return translate.Permanent(fmt.Errorf("upstream %q: %s: %w", m.req.Upstream.Name, describe(op), cause))
}
