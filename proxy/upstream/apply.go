package upstream

import (
	"context"
	"errors"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Prepare makes what ops need and do not have yet, before anything is promised:
// targets that are not there, and for a COPY the place where to look for its
// outcome after a cut (rule: a COPY may not be repeated blindly).
func (m *Mailbox) Prepare(ctx context.Context, ops []translate.Op) ([]translate.Op, error) {
	prepared := make([]translate.Op, len(ops))
	copy(prepared, ops)
	for i := range prepared {
		op := &prepared[i]
		if op.To == "" {
			continue
		}
		var err error
		for range attempts {
			// Nothing of it does harm twice.
			if err = m.ready(ctx); err != nil {
				return nil, err
			}
			if err = m.prepare(ctx, op); err == nil || !m.lost() || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return nil, refusal(m.req.Upstream, "preparing "+describe(*op), err)
		}
	}
	return prepared, nil
}

func (m *Mailbox) prepare(ctx context.Context, op *translate.Op) error {
	if err := m.makeTarget(ctx, op.To); err != nil {
		return err
	}
	if op.Kind != translate.OpCopy {
		return nil
	}
	status, err := m.link.conn.Status(ctx, op.To)
	var no *imap.StatusError
	if errors.As(err, &no) && !m.lost() {
		// It was there when names were last listed.
		m.missing[op.To] = m.specialUse(op.To)
		if err := m.makeTarget(ctx, op.To); err != nil {
			return err
		}
		status, err = m.link.conn.Status(ctx, op.To)
	}
	if err == nil {
		op.ToValidity, op.ToNext = status.UIDValidity, status.UIDNext
	}
	return err
}

// Apply carries out prepared ops, each confirmed before the next begins, and
// says where messages went as far as the server has told.
func (m *Mailbox) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	var outcome translate.Outcome
	for _, op := range ops {
		went, err := m.apply(ctx, op)
		if err != nil && op.Optional && !m.lost() {
			m.req.Log.Warn("the upstream would not do a courtesy", "op", describe(op), "error", err)
			continue
		}
		if err != nil {
			return outcome, refusal(m.req.Upstream, describe(op), err)
		}
		outcome.Add(op.To, went.UIDValidity, went.Source, went.Dest)
	}
	return outcome, nil
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

// apply carries out one op. All but COPY are by UID and may be repeated where
// the connection was lost.
func (m *Mailbox) apply(ctx context.Context, op translate.Op) (went imap.CopyUID, err error) {
	if err := m.ready(ctx); err != nil {
		return went, err
	}
	doubt := op.Kind == translate.OpCopy && op.Doubt
	for range attempts {
		if doubt {
			done, err := m.copied(ctx, op)
			if done {
				m.tally.Add(CopiesFound, 1)
			}
			if done || err != nil {
				return went, err
			}
			m.tally.Add(CopiesRepeated, 1)
		}
		if went, err = m.do(ctx, op); err == nil || !m.lost() || ctx.Err() != nil {
			break
		}
		m.req.Log.Info("the upstream was lost in an op", "op", describe(op), "error", err)
		if err := m.ready(ctx); err != nil {
			return went, err
		}
		doubt = op.Kind == translate.OpCopy
	}
	return m.again(ctx, op, went, err)
}

// do sends one op and waits for its outcome.
func (m *Mailbox) do(ctx context.Context, op translate.Op) (went imap.CopyUID, err error) {
	conn := m.link.conn
	if op.Kind != translate.OpCopy && !op.Optional {
		m.link.changed()
	}
	switch op.Kind {
	case translate.OpStore:
		return went, conn.Store(ctx, op.UIDs, op.Flag)
	case translate.OpMove:
		return conn.Move(ctx, op.UIDs, op.To)
	case translate.OpExpunge:
		return went, conn.Expunge(ctx, op.UIDs)
	case translate.OpCopy:
		return conn.Copy(ctx, op.UIDs, op.To)
	}
	return went, fmt.Errorf("op %d is unknown", op.Kind)
}

// expungeIssued is RFC 5530's: some of the messages have been removed by another
// client.
const expungeIssued goimap.ResponseCode = "EXPUNGEISSUED"

// again answers the two kinds of NO after which an op may simply be repeated,
// nothing of it being done: TRYCREATE, where the target was there once and is
// gone, and EXPUNGEISSUED, where a message is gone that the server still has in
// its view of the mailbox. After a NOOP it is not, and a UID that is not there is
// no error (RFC 9051 §6.4.9).
func (m *Mailbox) again(ctx context.Context, op translate.Op, went imap.CopyUID, err error) (imap.CopyUID, error) {
	var status *imap.StatusError
	if !errors.As(err, &status) || m.lost() {
		return went, err
	}
	switch {
	case status.Code == expungeIssued:
		if err := m.link.conn.Noop(ctx); err != nil {
			return went, err
		}
	case status.Code == goimap.ResponseCodeTryCreate && op.To != "":
		m.missing[op.To] = m.specialUse(op.To)
		if err := m.makeTarget(ctx, op.To); err != nil {
			return went, err
		}
	default:
		return went, err
	}
	return m.do(ctx, op)
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
	m.pool.forgetNames(m.req)
	err := m.link.insist(ctx, goimap.CapCreateSpecialUse, func() error { return m.link.conn.Create(ctx, name, use) })
	var no *imap.StatusError
	if errors.As(err, &no) && no.Code == useAttr {
		err = m.link.conn.Create(ctx, name, "")
	}
	if err != nil && !m.lost() {
		if _, serr := m.link.conn.Status(ctx, name); serr != nil {
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
