package imapbox

import (
	"context"
	"errors"
	"os"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Describe tells messages by their content: the key by which they are found
// again under another UID, and the Message-ID for the journal. The key is the
// server's EMAILID where it has OBJECTID (RFC 8474), Gmail's X-GM-MSGID, else a
// hash of the header fields that identify a message.
func (m *Mailbox) Describe(ctx context.Context, uids goimap.UIDSet, each func(translate.Description)) error {
	return refusal(*m.req.Upstream, "reading header fields", m.describe(ctx, uids, imap.Items{}, each))
}

// Identify is Describe with RFC822.SIZE and INTERNALDATE. A message of which the
// server does not tell all of that is looked for: where it is there it is given with
// nothing but its UID. A message that is not given is not there. One message that the server cannot
// read does not keep it from telling the others.
func (m *Mailbox) Identify(ctx context.Context, uids goimap.UIDSet, each func(translate.Description)) error {
	if len(uids) == 0 {
		return nil
	}
	var told goimap.UIDSet
	err := m.describe(ctx, uids, imap.Items{Size: true, InternalDate: true}, func(d translate.Description) {
		told.AddNum(d.UID)
		each(d)
	})
	var judged *translate.Refusal
	if err != nil && (errors.As(err, &judged) || ctx.Err() != nil) {
		return refusal(*m.req.Upstream, "reading header fields", err)
	}
	rest := translate.Subtract(uids, told)
	if len(rest) == 0 {
		m.conn.expungesSeen = m.conn.wire.Changes().Expunged
		return nil
	}
	found, err := m.there(ctx, rest)
	for _, uid := range translate.Members(found) {
		each(translate.Description{UID: uid})
	}
	return err
}

// describe asks again on a fresh connection where the first was lost, and then in
// parts: a server may end it over one message. each then hears of some messages twice.
func (m *Mailbox) describe(ctx context.Context, uids goimap.UIDSet, items imap.Items, each func(translate.Description)) (err error) {
	if len(uids) == 0 {
		return nil
	}
	for range upstream.Attempts {
		if err = m.ready(ctx); err != nil {
			return err
		}
		if err = m.read(ctx, uids, items, each); err == nil || !m.lost() || ctx.Err() != nil {
			return err
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return m.describeParts(ctx, uids, items, each)
}

// describeParts describes what the server tells of without ending the connection.
func (m *Mailbox) describeParts(ctx context.Context, uids goimap.UIDSet, items imap.Items, each func(translate.Description)) error {
	p := parts{
		ask: func(some goimap.UIDSet, _ int) error {
			if err := m.ready(ctx); err != nil {
				return err
			}
			err := m.read(ctx, some, items, each)
			if err != nil && m.lost() && ctx.Err() == nil {
				return m.hungUp(err)
			}
			return err
		},
		left: func(some goimap.UIDSet) (goimap.UIDSet, error) { return some, nil },
	}
	if err := p.run(uids); err != nil || p.done {
		return err
	}
	return p.cause
}

func (m *Mailbox) read(ctx context.Context, uids goimap.UIDSet, items imap.Items, each func(translate.Description)) error {
	caps := m.conn.caps
	items.HeaderFields, items.EmailID, items.GmailMsgID = translate.IdentifyingFields(), caps.Has(capObjectID), caps.Has("X-GM-EXT-1")
	_, err := m.inHalves(ctx, uids, items, func(msg *imap.Message) bool {
		d := translate.Describe(msg.UID, msg.Header)
		d.Octets, d.Received = msg.Size, msg.InternalDate
		switch {
		case msg.EmailID != "":
			d.Key = translate.EmailIDKey(msg.EmailID)
		case msg.GmailMsgID != 0:
			d.Key = translate.GmailKey(msg.GmailMsgID)
		}
		each(d)
		return true
	})
	return err
}

// Since gives the messages that arrived on a day or later, by the server's
// clock (SEARCH SINCE, RFC 9051 §6.4.4).
func (m *Mailbox) Since(ctx context.Context, day time.Time) (goimap.UIDSet, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	uids, err := m.conn.search(ctx, "SINCE "+day.Format("2-Jan-2006"))
	return uids, refusal(*m.req.Upstream, "searching for recent messages", err)
}
