package imapbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Prepare makes what ops need and do not have yet, before anything is promised:
// targets that are not there, and for a COPY the place where to look for its
// outcome after a cut (rule: a COPY may not be repeated blindly).
func (m *Mailbox) Prepare(ctx context.Context, ops []translate.Op) ([]translate.Op, error) {
	if err := m.targetsOf(ctx, ops); err != nil {
		return nil, err
	}
	prepared := make([]translate.Op, len(ops))
	copy(prepared, ops)
	for i := range prepared {
		op := &prepared[i]
		if op.To == "" {
			continue
		}
		var err error
		for range upstream.Attempts {
			// Nothing of it does harm twice.
			if err = m.ready(ctx); err != nil {
				return nil, err
			}
			if err = m.prepare(ctx, op); err == nil || !m.lost() || ctx.Err() != nil {
				break
			}
		}
		if err != nil && m.removes(*op, err) {
			m.full[op.To] = err
			continue
		}
		if err != nil {
			return nil, refusal(*m.req.Upstream, "preparing "+describe(*op), m.refuse(*op, err))
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
	status, err := m.conn.wire.Status(ctx, op.To)
	var no *imap.StatusError
	if errors.As(err, &no) && !m.lost() {
		// It was there when names were last listed.
		m.missing[op.To] = m.specialUse(op.To)
		if err := m.makeTarget(ctx, op.To); err != nil {
			return err
		}
		status, err = m.conn.wire.Status(ctx, op.To)
	}
	if err == nil {
		op.ToValidity, op.ToNext = status.UIDValidity, status.UIDNext
	}
	return err
}

// Apply carries out prepared ops, each confirmed before the next begins, and
// says where messages went as far as the server has told. Messages that are known
// to be gone are left out. A message that the server refuses is left out of what
// follows and does not keep the others; the Outcome names it, and whether something
// had been done with it by then.
func (m *Mailbox) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	var outcome translate.Outcome
	begun := false                     // something was done with messages that are to be deleted
	var removed, touched goimap.UIDSet // touched: by ops that have come to their end
	var full error                     // why they are removed and not moved
	if err := m.targetsOf(ctx, ops); err != nil {
		return outcome, err
	}
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		asked := op.UIDs
		if err := m.before(ctx, &op, outcome); err != nil {
			return outcome, err
		}
		if !op.Optional && op.Kind != translate.OpExpunge {
			outcome.Miss(translate.Subtract(translate.Subtract(asked, op.UIDs), touched))
		}
		outcome.Add(op.To, 0, nil, nil)
		if len(op.UIDs) == 0 {
			continue
		}
		refused, cause, err := m.carry(ctx, op, &outcome)
		switch {
		case op.Optional && (err != nil || len(refused) > 0):
			m.req.Log.Warn("the upstream refused an optional op", "op", describe(op), "error", errors.Join(err, cause))
			continue
		case err != nil:
			return outcome, refusal(*m.req.Upstream, describe(op), err)
		case len(refused) > 0 && refusesMove(op, cause):
			if ops, err = m.withoutMove(ctx, op, refused, cause, ops); err != nil {
				return outcome, refusal(*m.req.Upstream, describe(op), err)
			}
		case len(refused) > 0 && m.removes(op, cause):
			outcome.Expunge(refused)
			removed, full = refused, cause
			ops = append(op.Instead(m.server, refused), ops...)
		case len(refused) > 0:
			cause = m.refuse(op, cause)
			outcome.Refuse(refused, cause)
			if begun {
				outcome.Leave(refused)
			}
		}
		begun = true
		if !op.Optional {
			touched.AddSet(op.UIDs)
		}
	}
	stay, _ := outcome.Refused()
	if n := len(translate.Members(translate.Subtract(removed, stay))); n > 0 {
		m.sayRemoved(n, full)
	}
	return outcome, nil
}

// before leaves out of an op what is known to be gone, and what was refused. Where
// the server has told since the last look that messages were removed, it looks again.
func (m *Mailbox) before(ctx context.Context, op *translate.Op, outcome translate.Outcome) error {
	if !m.lost() && m.conn.wire.Changes().Expunged != m.conn.expungesSeen {
		if _, err := m.there(ctx, op.UIDs); err != nil && !op.Optional {
			return err
		}
	}
	refused, _ := outcome.Refused()
	op.UIDs = translate.Subtract(translate.Subtract(op.UIDs, m.absent), refused)
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

// hungUp is what comes of an op during which the server ended the connection, as often as it
// was tried. A look behind the last time has found something left to do.
type hungUp struct{ error }

func (h hungUp) Unwrap() error { return h.error }

// done is what came of an op: where messages went, of those that the command named at
// last, and those that were gone before.
type done struct {
	imap.CopyUID
	asked, missed goimap.UIDSet
}

// apply carries out one op. All but COPY are by UID and may be repeated where
// the connection was lost, on those messages that a look still finds.
func (m *Mailbox) apply(ctx context.Context, op translate.Op, attempts int) (d done, err error) {
	if err := m.ready(ctx); err != nil {
		return d, err
	}
	if op.Kind == translate.OpCopy && op.Doubt {
		if op.UIDs, err = m.uncopied(ctx, op); err != nil || len(op.UIDs) == 0 {
			return d, err
		}
	}
	for range attempts {
		d.asked = op.UIDs
		if d.CopyUID, err = m.do(ctx, op); err == nil || !m.lost() || ctx.Err() != nil {
			return m.again(ctx, op, d, err)
		}
		m.req.Log.Info("the connection to the upstream was lost during an op", "op", describe(op), "error", err)
		var lerr error
		if op.UIDs, lerr = m.there(ctx, op.UIDs); lerr == nil && op.Kind == translate.OpCopy {
			op.UIDs, lerr = m.uncopied(ctx, op)
		}
		if lerr != nil || len(op.UIDs) == 0 {
			return d, lerr
		}
	}
	return d, m.hungUp(err)
}

// hungUp tells a connection that the server has ended from one that was given up because
// it said nothing for too long: to wait for that again and again is too dear.
func (m *Mailbox) hungUp(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return hungUp{err}
}

// do sends one op and waits for its outcome.
func (m *Mailbox) do(ctx context.Context, op translate.Op) (went imap.CopyUID, err error) {
	conn := m.conn.wire
	if op.Kind != translate.OpCopy && !op.Optional {
		m.conn.changed()
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

// again answers the three kinds of NO after which an op may simply be repeated,
// nothing of it being done: one that wants to know first who asks, TRYCREATE, where the target was there once and is
// gone, and EXPUNGEISSUED, where a message is gone that the server still has in
// its view of the mailbox. After a NOOP it is not, and a UID that is not there is
// no error (RFC 9051 §6.4.9).
func (m *Mailbox) again(ctx context.Context, op translate.Op, d done, err error) (done, error) {
	var status *imap.StatusError
	if !errors.As(err, &status) || m.lost() {
		return d, err
	}
	switch {
	case m.conn.introduced(ctx, err):
	case status.Code == expungeIssued:
		found, err := m.there(ctx, op.UIDs)
		if err != nil {
			return d, err
		}
		d.missed = translate.Subtract(op.UIDs, found)
		if op.UIDs, d.asked = found, found; len(found) == 0 {
			return d, nil
		}
	case status.Code == goimap.ResponseCodeTryCreate && op.To != "":
		m.missing[op.To] = m.specialUse(op.To)
		if err := m.makeTarget(ctx, op.To); err != nil {
			return d, err
		}
	default:
		return d, err
	}
	d.CopyUID, err = m.do(ctx, op)
	return d, err
}
