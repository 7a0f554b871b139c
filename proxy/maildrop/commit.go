package maildrop

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
)

// Commit carries out what the session has marked, if the guard lets it. left is how
// many of those messages stay, where there is an error. Where they lie in several
// mailboxes, each has its plan under its own UIDVALIDITY, and all are written down
// before the first op of any. A message that somebody has filed into another of them
// meanwhile is deleted there; one that nobody finds any more is an error, since it may
// come back.
func (m *Maildrop) Commit(ctx context.Context) (left int, err error) {
	left = m.Marked()
	if left > 0 {
		err = m.findTargets(ctx)
	}
	quits := make([]part.Quit, len(m.parts))
	for i, p := range m.parts {
		quits[i] = p.Quit()
	}
	if err == nil {
		err = m.note(ctx, quits)
	}
	if err != nil {
		part.TellAll(m.parts, quits, backend.ResultRefused, err)
		return left, err
	}
	return m.arriving().CarryOut(ctx, m.Merged, m.page, quits)
}

// findTargets has every mailbox know where deleted messages go.
func (m *Maildrop) findTargets(ctx context.Context) error {
	for _, p := range m.parts {
		if err := p.FindTargets(ctx); err != nil {
			return err
		}
	}
	return nil
}

// note notes what all messages are that are to be deleted, if the guard lets them be.
func (m *Maildrop) note(ctx context.Context, quits []part.Quit) error {
	if err := m.Target.Maildrop.DeleteGuard.Check(m.Marked(), m.Len()); err != nil {
		return err
	}
	for i, p := range m.parts {
		if err := p.Note(ctx, &quits[i]); err != nil {
			return err
		}
	}
	return nil
}
