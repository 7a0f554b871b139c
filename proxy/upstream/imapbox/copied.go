package imapbox

import (
	"context"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// copyKey is what a copy is recognised by: content and size. A message without
// a Message-ID has none, since two reports of one second look alike.
type copyKey struct {
	key  translate.ContentKey
	size int64
}

// uncopied gives those messages of a COPY of which no copy is found in the target, from
// its UIDNEXT before the COPY on. Some may be there and others not: what a server
// refuses as a whole is asked for in parts. Where it stays undecided a message
// is given: rather a duplicate in the target than a message that is nowhere.
func (m *Mailbox) uncopied(ctx context.Context, op translate.Op) (goimap.UIDSet, error) {
	after, err := m.conn.wire.Status(ctx, op.To)
	if err != nil {
		return nil, err
	}
	if after.UIDValidity != op.ToValidity || op.ToNext == 0 || after.UIDNext <= op.ToNext {
		return m.recopy(op.UIDs), nil
	}
	wanted, err := m.copyKeys(ctx, op.UIDs)
	if err != nil && !m.refused(err) {
		return nil, err
	}
	if len(wanted) == 0 {
		return m.recopy(op.UIDs), nil
	}
	// From here on the connection has the target selected, or nothing: whoever
	// uses it next, in this session or a later one, must select again.
	m.conn.selected = nil
	if _, err := m.conn.wire.Select(ctx, op.To, imap.SelectOptions{ReadOnly: true}); err != nil {
		return nil, err
	}
	found, err := m.copyKeys(ctx, goimap.UIDSet{{Start: op.ToNext, Stop: after.UIDNext - 1}})
	if err != nil {
		return nil, err
	}
	if err := m.selectMailbox(ctx); err != nil {
		return nil, err
	}
	var copied goimap.UIDSet
	for like, uids := range wanted {
		copied.AddNum(uids[:min(len(uids), len(found[like]))]...)
	}
	if len(copied) > 0 {
		m.tally.Add(upstream.CopiesFound, 1)
	}
	if rest := translate.Subtract(op.UIDs, copied); len(rest) > 0 {
		return m.recopy(rest), nil
	}
	return nil, nil
}

// recopy counts what is copied although it may have been already.
func (m *Mailbox) recopy(uids goimap.UIDSet) goimap.UIDSet {
	m.tally.Add(upstream.CopiesRepeated, 1)
	return uids
}

// copyKeys describes messages of the selected mailbox, but for those that cannot be
// told from others.
func (m *Mailbox) copyKeys(ctx context.Context, uids goimap.UIDSet) (found map[copyKey][]goimap.UID, err error) {
	found = make(map[copyKey][]goimap.UID)
	items := imap.Items{Size: true, HeaderFields: translate.IdentifyingFields()}
	err = m.conn.wire.Fetch(ctx, uids, items, func(msg *imap.Message) error {
		if d := translate.Describe(msg.UID, msg.Header); d.MessageID != "" && msg.Size != 0 {
			like := copyKey{d.Key, msg.Size}
			found[like] = append(found[like], msg.UID)
		}
		return nil
	})
	return found, err
}
