package imapbox

import (
	"context"
	"errors"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// carry carries out one op, on as many of its messages as the server lets it.
func (m *Mailbox) carry(ctx context.Context, op translate.Op, outcome *translate.Outcome) (refused goimap.UIDSet, cause, err error) {
	if cause := m.full[op.To]; cause != nil {
		return op.UIDs, cause, nil
	}
	var copied goimap.UIDSet
	h := halves{
		ask: func(some goimap.UIDSet) error {
			went, err := m.apply(ctx, op.On(some))
			outcome.Add(op.To, went.UIDValidity, went.Source, went.Dest)
			copied.AddSet(went.Source)
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
	err = h.run(op.UIDs)
	return h.refused, h.cause, err
}

// maxRefusedOps bounds how often a server is given an op in halves.
const maxRefusedOps = 100

// halves gives a server an op for many messages and, where it refuses on account of
// one, for ever fewer, until only those are left that it refuses alone.
type halves struct {
	ask func(goimap.UIDSet) error
	// left gives those of a refused set for which something is left to do.
	left     func(goimap.UIDSet) (goimap.UIDSet, error)
	refusals int
	refused  goimap.UIDSet
	cause    error // of the first refusal
}

// run gives an error where there is no answer, and a Refusal as it is: that was
// said of something else.
func (h *halves) run(uids goimap.UIDSet) error {
	err := h.ask(uids)
	var judged *translate.Refusal
	var no *imap.StatusError
	if errors.As(err, &judged) || !errors.As(err, &no) || no.Type == "BYE" {
		return err
	}
	if h.refusals++; h.cause == nil {
		h.cause = err
	}
	if uids, err = h.left(uids); err != nil {
		return err
	}
	list := translate.Members(uids)
	if len(list) < 2 || h.refusals >= maxRefusedOps || !translate.OfOneMessage(no.Code, no.Text) {
		h.refused.AddSet(uids)
		return nil
	}
	for _, half := range [][]goimap.UID{list[:len(list)/2], list[len(list)/2:]} {
		if err := h.run(goimap.UIDSetNum(half...)); err != nil {
			return err
		}
	}
	return nil
}
