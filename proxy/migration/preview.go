package migration

import (
	"context"
	"fmt"

	"popbridge/translate"
)

// Preview says what Move would do, and does nothing of it: nobody is kept out, neither
// command is run, nothing is deleted or moved. It compares by the match that is
// remembered; a move matches again first. Of the deletions it tells how many may have to
// be repeated.
func (s *Site) Preview(ctx context.Context, a Account, o Order) (m Moved, err error) {
	was, err := s.Ledger.Progress.MoveOf(ctx, a.Name)
	if err != nil {
		return m, err
	}
	if was.Working {
		m.Remarks = append(m.Remarks, "another command is at work on the account now")
	}
	if m.From, m.To, err = s.course(ctx, a.Name, was, o.To); err != nil {
		return m, err
	}
	if m.From == m.To {
		if was.Pending == "" {
			return m, alreadyThere(o, &m)
		}
		m.From = was.Origin
		m.Remarks = append(m.Remarks, "it was moved by a command that did not end; what runs after the move has to run still")
		return m, nil
	}
	if s.blind(a, m) {
		return m, errBlind
	}
	there, err := s.shelfOn(ctx, m.To, a)
	if err != nil {
		return m, err
	}
	defer there.close()
	if err := there.list(ctx, true); err != nil {
		return m, err
	}
	had, err := s.had(ctx, a, m.From)
	if err != nil {
		return m, err
	}
	if err := holdsEnough(there.len(), had, o, m); err != nil {
		return m, err
	}
	v, err := s.compare(ctx, m.From, m.To, a, false, nil)
	if err != nil {
		return m, fmt.Errorf("verifying: %w", err)
	}
	if m.Verdict = v.Verdict(); !v.Ready() && (o.RequireVerified || o.Hold > 0) {
		return m, notReady(m.Verdict)
	}
	gone, err := s.deletedAt(ctx, a, was, m)
	if len(gone) > 0 {
		m.Remarks = append(m.Remarks, fmt.Sprintf("%s that devices have made may have to be repeated", translate.Count(len(gone), "deletion")))
	}
	return m, err
}
