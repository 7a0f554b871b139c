package imapbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
)

// SentMessage is one that is to be put into a mailbox.
type SentMessage struct {
	Octets int64
	Text   io.Reader // read once
}

// OpenSent opens the mailbox of sent mail of an account, and makes it where it is
// missing. The request's maildrop names it, by a name or by its special use.
func (p *Pool) OpenSent(ctx context.Context, req backend.Request) (*Mailbox, error) {
	m, err := p.Open(ctx, req)
	if err != nil {
		return nil, err
	}
	n, err := p.accountNames(ctx, m.conn, req)
	if err == nil {
		if _, exists, _ := n.find(req.Maildrop.Mailbox.First()); !exists {
			m.missing[m.name] = goimap.MailboxAttrSent
			err = m.makeTarget(ctx, m.name)
		}
	}
	if err != nil {
		_ = m.Close()
		return nil, refusal(req.Upstream, "making the mailbox of sent mail", err)
	}
	return m, nil
}

// maxSearched bounds a Message-ID that is looked for, in octets.
const maxSearched = 900

// HasMessage reports whether a message with a Message-ID is in the mailbox. One that
// cannot be asked for is not.
func (m *Mailbox) HasMessage(ctx context.Context, id string) (bool, error) {
	if id == "" || len(id) > maxSearched {
		return false, nil
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false, nil
		}
	}
	if err := m.ready(ctx); err != nil {
		return false, err
	}
	var named imap.Criteria
	named.Word("HEADER")
	named.Word("Message-ID")
	named.Text(id)
	found, err := m.conn.wire.SearchFor(ctx, named)
	return len(found) > 0, refusal(m.req.Upstream, "looking for a Message-ID", err)
}

// Append puts a message into the mailbox, as seen. After an error it may be there all
// the same, where the connection was lost.
func (m *Mailbox) Append(ctx context.Context, message SentMessage) error {
	if err := m.alive(ctx); err != nil {
		return err
	}
	m.conn.changed()
	err := m.conn.wire.Append(ctx, m.name, goimap.FlagSeen, message.Octets, message.Text)
	var no *imap.StatusError
	if errors.As(err, &no) && no.Code == goimap.ResponseCodeTryCreate {
		m.pool.forgetNames(m.req)
	}
	return refusal(m.req.Upstream, fmt.Sprintf("adding a message to %q", imap.DecodeMailbox(m.name)), err)
}
