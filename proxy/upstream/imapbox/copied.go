package imapbox

import (
	"context"
	"maps"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// copyKey is what a copy is recognised by: content and size. A message without
// a Message-ID has none, since two reports of one second look alike.
type copyKey struct {
	key  translate.ContentKey
	size int64
}

// copied looks in the target, from its UIDNEXT before the COPY, for one message
// like each of those that were to be copied. COPY is all or nothing, so finding
// less means that it was not done. Where it stays undecided the answer is no:
// rather a duplicate in the target than a message that is nowhere.
func (m *Mailbox) copied(ctx context.Context, op translate.Op) (bool, error) {
	after, err := m.conn.wire.Status(ctx, op.To)
	if err != nil {
		return false, err
	}
	if after.UIDValidity != op.ToValidity || op.ToNext == 0 || after.UIDNext <= op.ToNext {
		return false, nil
	}
	wanted, certain, err := m.copyKeys(ctx, op.UIDs)
	if err != nil || !certain || len(wanted) == 0 {
		return false, err
	}
	// From here on the connection has the target selected, or nothing: whoever
	// uses it next, in this session or a later one, must select again.
	m.conn.selected = nil
	if _, err := m.conn.wire.Select(ctx, op.To, imap.SelectOptions{ReadOnly: true}); err != nil {
		return false, err
	}
	found, _, err := m.copyKeys(ctx, goimap.UIDSet{{Start: op.ToNext, Stop: after.UIDNext - 1}})
	if err != nil {
		return false, err
	}
	if err := m.selectMailbox(ctx); err != nil {
		return false, err
	}
	maps.DeleteFunc(wanted, func(like copyKey, n int) bool { return found[like] >= n })
	return len(wanted) == 0, nil
}

// copyKeys describes messages of the selected mailbox. It is not certain where
// one of those that are there cannot be told from others.
func (m *Mailbox) copyKeys(ctx context.Context, uids goimap.UIDSet) (found map[copyKey]int, certain bool, err error) {
	left := make(map[goimap.UID]bool) // those that are there and not described yet
	err = m.conn.wire.Fetch(ctx, uids, imap.Items{Flags: true}, func(msg *imap.Message) error {
		left[msg.UID] = true
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	certain = true
	found = make(map[copyKey]int)
	items := imap.Items{Size: true, HeaderFields: translate.IdentifyingFields()}
	err = m.conn.wire.Fetch(ctx, uids, items, func(msg *imap.Message) error {
		d := translate.Describe(msg.UID, msg.Header)
		if d.MessageID == "" || msg.Size == 0 {
			certain = false
		}
		found[copyKey{d.Key, msg.Size}]++
		delete(left, msg.UID)
		return nil
	})
	return found, certain && len(left) == 0, err
}
