package migration

import (
	"context"

	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// reach notes what a step has come to for an account, in words. A step that cannot
// be noted has failed: the status of the migration would not tell of it.
func (s *Site) reach(ctx context.Context, account string, step progress.Step, good bool, note string) error {
	return s.Ledger.Progress.SaveMilestone(ctx, progress.Milestone{Account: account, Step: step, Good: good, Note: note})
}

// fail notes that a step could not be done for an account. What it had come to before
// still holds.
func (s *Site) fail(ctx context.Context, account string, step progress.Step, why error) error {
	if why == nil || ctx.Err() != nil {
		return nil // what was cut short by the caller says nothing of the account
	}
	return s.Ledger.Progress.SaveFailure(ctx, account, step, causeText(why))
}

// causeText is what an error says to an operator, without what devices are told.
func causeText(err error) string { return translate.Cause(err).Error() }
