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

// causeText is what an error says to an operator, without what devices are told.
func causeText(err error) string { return translate.Cause(err).Error() }
