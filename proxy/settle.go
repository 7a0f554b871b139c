package proxy

import (
	"context"

	"popbridge/translate"
)

// settle finishes a plan that a crash has interrupted: its device had said QUIT.
// All ops but COPY are by UID and do no harm twice; whether a COPY was done is
// looked up first. Under another UIDVALIDITY the UIDs mean nothing, and nothing
// is done but to forget the plan.
func (s *session) settle(ctx context.Context, o *open, now translate.Listing, intent translate.Intent) error {
	facts := translate.Facts{UIDValidity: now.UIDValidity, IntentDone: true}
	if intent.UIDValidity != now.UIDValidity {
		s.log.Warn("a QUIT that a crash interrupted cannot be finished: the mailbox was rebuilt", "account", o.Account, "deletions", intent.Plan.Deletes)
		return temporary(o.page.Record(facts))
	}
	ops := intent.Plan.Ops
	for i := range ops {
		ops[i].Doubt = true
	}
	outcome, err := o.mailbox.Apply(ctx, ops)
	if err != nil {
		// An upstream that answers and refuses would do so at every login to
		// come, and nobody could read mail any more.
		if _, lerr := o.mailbox.List(ctx, now); lerr != nil {
			return err
		}
		s.log.Error("a QUIT that was interrupted cannot be finished, since the upstream refuses it; its messages stay, or lie in Trash already", "account", o.Account, "deletions", intent.Plan.Deletes, "cause", err)
		return temporary(o.page.Record(facts))
	}
	facts.Hide = intent.Plan.Hide
	facts.Deletions = outcome.Locate(intent.Deletions)
	s.log.Warn("finished a QUIT that a crash had interrupted", "account", o.Account, "deletions", intent.Plan.Deletes)
	return temporary(o.page.Record(facts))
}
