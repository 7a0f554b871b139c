package imapbox

import (
	"context"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// dated reports whether it needs to be known when messages were received: for their order,
// or since nothing else that costs as little tells what a message is that has been filed
// into another mailbox.
func (m *Mailbox) dated() bool {
	d := m.req.Maildrop
	return d.Order.Dated() || d.Mailbox.Several() && (d.MaxMessages > 0 || !m.identified())
}

// identified reports whether the server can say that two messages of different mailboxes
// are one, and that makes a difference.
func (m *Mailbox) identified() bool {
	return m.req.Maildrop.Mailbox.Several() && (m.conn.caps.Has(capObjectID) || m.conn.caps.Has("X-GM-EXT-1"))
}

// untold reports whether something of a listing has not been asked for that is needed.
func (m *Mailbox) untold(l translate.Listing) bool {
	dated, identified := m.dated(), m.identified()
	return (dated || identified) && slices.ContainsFunc(l.Entries, func(e translate.Entry) bool { return lacks(e, dated, identified) })
}

// lacks reports whether something has not been told of a message that is shown.
func lacks(e translate.Entry, dated, identified bool) bool {
	if e.Flags&translate.FlagLeftOut != 0 {
		return false
	}
	return dated && e.Received == 0 || identified && e.Same == 0
}

// tell asks for what is needed and has not been asked for: once for each message, since
// no server changes it.
func (m *Mailbox) tell(ctx context.Context, l translate.Listing) (translate.Listing, error) {
	dated, identified := m.dated(), m.identified()
	var missing goimap.UIDSet
	for _, e := range l.Entries {
		if lacks(e, dated, identified) {
			missing.AddNum(e.UID)
		}
	}
	if len(missing) == 0 {
		return l, nil
	}
	entries := slices.Clone(l.Entries)
	at := make(map[goimap.UID]int, len(entries))
	for i, e := range entries {
		at[e.UID] = i
	}
	items := imap.Items{Incomplete: true}
	m.also(&items)
	bad, err := m.inParts(ctx, translate.Subtract(missing, m.stumbled()), items, func(msg *imap.Message) bool {
		if i, ok := at[msg.UID]; ok {
			m.describeEntry(&entries[i], msg)
		}
		return true
	})
	if err != nil && !m.declined(err) {
		return l, err
	}
	isBad := translate.Member(bad)
	for _, uid := range translate.Members(missing) {
		if e := &entries[at[uid]]; (err == nil || isBad(uid)) && dated && e.Received == 0 {
			e.Received = translate.ReceivedNotSaid
		}
	}
	l.Entries = entries
	return l, nil
}

// also adds what is needed of a message besides its size and flags.
func (m *Mailbox) also(items *imap.Items) {
	items.InternalDate = m.dated()
	if m.identified() {
		items.EmailID = m.conn.caps.Has(capObjectID)
		items.GmailMsgID = items.GmailMsgID || !items.EmailID
	}
}

// describeEntry takes over what was told of a message.
func (m *Mailbox) describeEntry(e *translate.Entry, msg *imap.Message) {
	if msg.Has&imap.AttrInternalDate != 0 && m.dated() && !msg.InternalDate.IsZero() {
		e.Received = msg.InternalDate.Unix()
	}
	if !m.identified() {
		return
	}
	switch {
	case msg.EmailID != "":
		e.Same = translate.EmailIDKey(msg.EmailID).Number()
	case msg.GmailMsgID != 0:
		e.Same = translate.GmailKey(msg.GmailMsgID).Number()
	}
}
