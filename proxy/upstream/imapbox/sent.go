package imapbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
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

const (
	// maxSearched bounds a Message-ID that is searched for, in octets.
	maxSearched = 900
	// maxLooked bounds the headers that are looked at, the newest of those found.
	maxLooked = 500
)

// FindSent looks for a message among those that arrived on a day or later, by the
// server's clock. A SEARCH finds parts of words, so what it finds is only a hint. renamed
// says that the server may have given it another Message-ID: then all of those messages
// are looked at.
func (m *Mailbox) FindSent(ctx context.Context, s translate.SentMessage, since time.Time, renamed bool) (places []translate.Place, err error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	var c imap.Criteria
	c.Word("SINCE")
	c.Word(since.Format("2-Jan-2006"))
	if !renamed && searchable(s.MessageID) {
		c.Word("HEADER")
		c.Word("Message-ID")
		c.Text(s.MessageID)
	}
	var found goimap.UIDSet
	err = m.conn.insist(ctx, goimap.CapESearch, func() (err error) {
		found, err = m.conn.wire.SearchFor(ctx, c)
		return err
	})
	if found = translate.Newest(found, maxLooked); err == nil && len(found) > 0 {
		err = m.conn.fetch(ctx, found, imap.Items{HeaderFields: translate.SentFields()}, func(msg *imap.Message) error {
			if s.Is(msg.Header) {
				places = append(places, translate.Place{Mailbox: m.name, UIDValidity: m.validity, UID: msg.UID})
			}
			return nil
		})
	}
	return places, refusal(*m.req.Upstream, "looking for a sent message", err)
}

// searchable reports whether a server can be asked for a Message-ID.
func searchable(id string) bool {
	if id == "" || len(id) > maxSearched {
		return false
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// Append puts a message into the mailbox, as seen, and gives its place where the server
// tells the UID (RFC 4315). After an error it may be there all the same, where the
// connection was lost.
func (m *Mailbox) Append(ctx context.Context, message SentMessage) (translate.Place, error) {
	if err := m.alive(ctx); err != nil {
		return translate.Place{}, err
	}
	m.conn.changed()
	put, err := m.conn.wire.Append(ctx, m.name, goimap.FlagSeen, message.Octets, message.Text)
	var no *imap.StatusError
	if errors.As(err, &no) && no.Code == goimap.ResponseCodeTryCreate {
		m.pool.forgetNames(m.req.request())
	}
	place := translate.Place{Mailbox: m.name, UIDValidity: put.UIDValidity, UID: put.UID}
	return place, refusal(*m.req.Upstream, fmt.Sprintf("adding a message to %q", imap.DecodeMailbox(m.name)), err)
}
