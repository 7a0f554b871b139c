package upstream

import (
	"context"
	"maps"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// likeness is by what a copy is recognised: COPY keeps both (RFC 9051 §6.4.7).
type likeness struct {
	size int64
	date time.Time
}

// copied looks in the target, from its UIDNEXT before the COPY, for one message
// like each of those that were to be copied. COPY is all or nothing, so finding
// less means that it was not done. Where it stays undecided the answer is no:
// rather a duplicate in the target than a message that is nowhere.
func (m *Mailbox) copied(ctx context.Context, op translate.Op) (bool, error) {
	after, err := m.link.conn.Status(ctx, op.To)
	if err != nil {
		return false, err
	}
	if after.UIDValidity != op.ToValidity || op.ToNext == 0 || after.UIDNext <= op.ToNext {
		return false, nil
	}
	wanted, err := m.likenesses(ctx, op.UIDs)
	if err != nil {
		return false, err
	}
	// From here on the connection has the target selected, or nothing: whoever
	// uses it next, in this session or a later one, must choose anew.
	m.link.selected = nil
	m.link.changed()
	if _, err := m.link.conn.Select(ctx, op.To, imap.SelectOptions{ReadOnly: true}); err != nil {
		return false, err
	}
	found, err := m.likenesses(ctx, goimap.UIDSet{{Start: op.ToNext, Stop: after.UIDNext - 1}})
	if err != nil {
		return false, err
	}
	if err := m.choose(ctx); err != nil {
		return false, err
	}
	maps.DeleteFunc(wanted, func(like likeness, n int) bool { return found[like] >= n })
	return len(wanted) == 0, nil
}

func (m *Mailbox) likenesses(ctx context.Context, uids goimap.UIDSet) (map[likeness]int, error) {
	found := make(map[likeness]int)
	err := m.link.conn.Fetch(ctx, uids, imap.Items{Size: true, InternalDate: true}, func(msg *imap.Message) error {
		found[likeness{msg.Size, msg.InternalDate}]++
		return nil
	})
	return found, err
}
