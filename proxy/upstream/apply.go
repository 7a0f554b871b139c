package upstream

import (
	"context"
	"errors"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Apply carries out ops, each confirmed before the next begins.
func (m *Mailbox) Apply(ctx context.Context, ops []translate.Op) error {
	for _, op := range ops {
		err := m.apply(ctx, op)
		if err != nil && op.Optional && !m.lost() {
			m.req.Log.Warn("the upstream would not do a courtesy", "op", describe(op), "error", err)
			continue
		}
		if err != nil {
			return m.refusal(describe(op), err)
		}
	}
	return nil
}

func describe(op translate.Op) string {
	switch op.Kind {
	case translate.OpStore:
		return fmt.Sprintf("UID STORE %v +FLAGS.SILENT (%s)", op.UIDs, op.Flag)
	case translate.OpCopy:
		return fmt.Sprintf("UID COPY %v %q", op.UIDs, op.To)
	case translate.OpMove:
		return fmt.Sprintf("UID MOVE %v %q", op.UIDs, op.To)
	case translate.OpExpunge:
		return fmt.Sprintf("UID EXPUNGE %v", op.UIDs)
	}
	return "unknown op"
}

func (m *Mailbox) apply(ctx context.Context, op translate.Op) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	if op.To != "" {
		if err := m.makeTarget(ctx, op.To); err != nil {
			return err
		}
	}
	if op.Kind == translate.OpCopy {
		return m.copy(ctx, op)
	}
	err := m.do(ctx, op)
	if err != nil && m.lost() && ctx.Err() == nil {
		m.req.Log.Info("the upstream was lost, the op is repeated", "op", describe(op), "error", err)
		if err := m.ready(ctx); err != nil {
			return err
		}
		err = m.do(ctx, op)
	}
	return m.tryCreate(ctx, op, err)
}

// do sends one op and waits for its outcome.
func (m *Mailbox) do(ctx context.Context, op translate.Op) error {
	switch op.Kind {
	case translate.OpStore:
		return m.conn.Store(ctx, op.UIDs, true, op.Flag)
	case translate.OpMove:
		_, err := m.conn.Move(ctx, op.UIDs, op.To)
		return err
	case translate.OpExpunge:
		return m.conn.Expunge(ctx, op.UIDs)
	case translate.OpCopy:
		_, err := m.conn.Copy(ctx, op.UIDs, op.To)
		return err
	}
	return fmt.Errorf("op %d is unknown", op.Kind)
}

// tryCreate answers a NO [TRYCREATE]: the target was there once and is gone.
func (m *Mailbox) tryCreate(ctx context.Context, op translate.Op, err error) error {
	var status *imap.StatusError
	if op.To == "" || !errors.As(err, &status) || status.Code != goimap.ResponseCodeTryCreate {
		return err
	}
	m.missing[op.To] = m.use(op.To)
	if err := m.makeTarget(ctx, op.To); err != nil {
		return err
	}
	return m.do(ctx, op)
}

func (m *Mailbox) use(target string) goimap.MailboxAttr {
	if target == m.server.Archive {
		return goimap.MailboxAttrArchive
	}
	return goimap.MailboxAttrTrash
}

// makeTarget makes a mailbox that was not there at login. That somebody else has
// made it meanwhile is no error.
func (m *Mailbox) makeTarget(ctx context.Context, name string) error {
	use, missing := m.missing[name]
	if !missing {
		return nil
	}
	m.pool.forgetNames(m.req)
	err := m.conn.Create(ctx, name, use)
	if err != nil && !m.lost() {
		if _, serr := m.conn.Status(ctx, name); serr != nil {
			return fmt.Errorf("making the mailbox %q: %w", imap.DecodeMailbox(name), err)
		}
		err = nil
	}
	if err == nil {
		m.req.Log.Info("made a mailbox upstream", "mailbox", imap.DecodeMailbox(name), "account", m.req.Account)
		delete(m.missing, name)
	}
	return err
}
