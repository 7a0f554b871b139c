package imapbox

import (
	"context"
	"errors"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// refusesMove reports whether a server refuses MOVE as such, although it announces it:
// by BAD, or in words that say so. Nothing was moved then.
func refusesMove(op translate.Op, cause error) bool {
	var no *imap.StatusError
	return op.Kind == translate.OpMove && errors.As(cause, &no) && (no.Type == "BAD" && no.Code == "" || translate.SaysUnsupported(no.Text))
}

// withoutMove gives the ops that are left where MOVE was refused as such: the same is
// done step by step. A single BAD may have been said of its message; where words say
// what is refused, or none of several messages was moved, it is remembered.
func (m *Mailbox) withoutMove(ctx context.Context, op translate.Op, refused goimap.UIDSet, cause error, rest []translate.Op) ([]translate.Op, error) {
	var no *imap.StatusError
	all := translate.Subtract(op.UIDs, m.absent)
	if errors.As(cause, &no) && translate.SaysUnsupported(no.Text) || len(translate.Members(all)) > 1 && len(translate.Subtract(all, refused)) == 0 {
		m.conn.forgo(goimap.CapMove)
		m.conn.lessons.learn(lesson(goimap.CapMove), *m.req.Upstream, m.req.Log)
	}
	steps := op.StepByStep(m.server, refused)
	if err := m.prepare(ctx, &steps[0]); err != nil {
		return nil, err
	}
	return append(steps, rest...), nil
}
