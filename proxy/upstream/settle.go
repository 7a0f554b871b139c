package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// copy is UID COPY, which may not be repeated blindly: the target's UIDNEXT is
// noted before it, and after a cut the copies are looked for from there.
func (m *Mailbox) copy(ctx context.Context, op translate.Op) error {
	before, err := m.conn.Status(ctx, op.To)
	if err != nil {
		var status *imap.StatusError
		if !errors.As(err, &status) || m.lost() {
			return err
		}
		m.missing[op.To] = m.use(op.To)
		if err := m.makeTarget(ctx, op.To); err != nil {
			return err
		}
		if before, err = m.conn.Status(ctx, op.To); err != nil {
			return err
		}
	}
	err = m.do(ctx, op)
	if err == nil || !m.lost() || ctx.Err() != nil {
		return m.tryCreate(ctx, op, err)
	}
	m.req.Log.Warn("the upstream was lost in a COPY; looking whether it was done", "op", describe(op), "error", err)
	if err := m.ready(ctx); err != nil {
		return err
	}
	done, err := m.copied(ctx, op, before)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	// COPY is all or nothing (RFC 9051 §6.4.7). In doubt it is done again:
	// rather a duplicate in the target than a message that is nowhere.
	return m.do(ctx, op)
}

// likeness is by what a copy is recognised: COPY keeps both (RFC 9051 §6.4.7).
type likeness struct {
	size int64
	date string
}

// copied looks in the target, from its UIDNEXT before the COPY, for one message
// like each of those that were copied.
func (m *Mailbox) copied(ctx context.Context, op translate.Op, before *imap.Status) (bool, error) {
	after, err := m.conn.Status(ctx, op.To)
	if err != nil {
		return false, err
	}
	if after.UIDValidity != before.UIDValidity || before.UIDNext == 0 || after.UIDNext == before.UIDNext {
		return false, nil
	}
	wanted, err := m.likenesses(ctx, op.UIDs)
	if err != nil {
		return false, err
	}
	m.selected = false // whatever happens next, the mailbox is chosen anew
	if _, err := m.conn.Select(ctx, op.To, imap.SelectOptions{ReadOnly: true}); err != nil {
		return false, err
	}
	found, err := m.likenesses(ctx, goimap.UIDSet{{Start: before.UIDNext, Stop: after.UIDNext - 1}})
	if err != nil {
		return false, err
	}
	if err := m.ready(ctx); err != nil {
		return false, err
	}
	maps.DeleteFunc(wanted, func(like likeness, n int) bool { return found[like] >= n })
	return len(wanted) == 0, nil
}

func (m *Mailbox) likenesses(ctx context.Context, uids goimap.UIDSet) (map[likeness]int, error) {
	found := make(map[likeness]int)
	err := m.conn.Fetch(ctx, uids, imap.Items{Size: true, InternalDate: true}, func(msg *imap.Message) error {
		found[likeness{msg.Size, fmt.Sprint(msg.InternalDate)}]++
		return nil
	})
	return found, err
}
