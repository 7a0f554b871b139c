package imapbox

import (
	"context"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// carry carries out one op, on as many of its messages as the server lets it.
func (m *Mailbox) carry(ctx context.Context, op translate.Op, outcome *translate.Outcome) (refused goimap.UIDSet, cause, err error) {
	if cause := m.full[op.To]; cause != nil {
		return op.UIDs, cause, nil
	}
	var copied goimap.UIDSet
	p := parts{
		courtesy: op.Optional,
		ask: func(some goimap.UIDSet, attempts int) error {
			went, err := m.apply(ctx, op.On(some), attempts)
			if !op.Optional && op.Kind != translate.OpExpunge { // whoever expunges what is marked does what is asked
				outcome.Miss(went.missed)
			}
			outcome.Add(op.To, went.UIDValidity, went.Source, went.Dest)
			copied.AddSet(went.Source)
			switch {
			case err != nil:
			case op.Kind == translate.OpCopy:
				outcome.Copy(some, op.To, op.ToValidity)
			case op.Kind == translate.OpMove:
				outcome.Move(went.asked, went.Source)
			}
			return err
		},
		left: func(some goimap.UIDSet) (goimap.UIDSet, error) {
			found, err := m.there(ctx, some)
			if op.Kind != translate.OpCopy || err != nil {
				return found, err
			}
			// Where the target stands now is where copies of the next part would be.
			return translate.Subtract(found, copied), m.prepare(ctx, &op)
		},
	}
	err = p.run(op.UIDs)
	return p.refused, p.cause, err
}
