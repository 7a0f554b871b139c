package part

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// recoverIntent finishes a plan that a crash has interrupted: its device had said QUIT.
// All ops but COPY are by UID and do no harm twice, on messages that are there;
// whether a COPY was done is looked up first. Where the UIDs may mean other messages
// by now, which sameMessages tells, nothing is done but to forget the plan.
func (m *Part) recoverIntent(ctx context.Context, now translate.Listing, intent translate.Intent, mismatched int, untold imap.UIDSet) error {
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: now.UIDValidity}}
	if mismatched > 0 {
		m.Log.Error("an interrupted QUIT is not completed: the mailbox was rebuilt or restored, and its UIDs are other messages now", "account", m.Target.Account, "deletions", intent.Plan.Deletes)
		_ = m.Tell(intent.Deletions, backend.ResultRefused, errRebuilt)
		return translate.Refused(m.Page.Settle(ctx, facts))
	}
	if len(untold) > 0 {
		quit := "an interrupted QUIT"
		if intent.Refused {
			quit = "a QUIT that the upstream had refused"
		}
		m.Log.Warn("messages of "+quit+" are kept, because the server does not say what they are", "account", m.Target.Account, "uids", untold.String())
		_ = m.Tell(among(intent.Deletions, untold), backend.ResultRefused, errUntold)
	}
	if intent = intent.Except(untold); len(untold) > 0 && intent.Plan.Deletes == 0 {
		return translate.Refused(m.Page.Settle(ctx, facts))
	}
	intent, err := m.beyond(ctx, intent)
	if err != nil {
		return err
	}
	ops := intent.Plan.Ops
	for i := range ops {
		ops[i].Doubt = true
	}
	outcome, err := m.Mailbox.Apply(ctx, ops)
	done := context.WithoutCancel(ctx) // what was done is recorded, though the login's time be over
	_, cause := outcome.Refused()
	if err == nil {
		err = cause
	}
	facts.Deletions = outcome.Locate(intent.Deletions)
	if err != nil {
		// An upstream that answers and refuses would do so at every login to
		// come, and nobody could read mail any more.
		if _, lerr := m.Mailbox.List(ctx, now); lerr != nil {
			return err
		}
		if facts.Copied = outcome.Copied(intent); cause == nil {
			facts.Deletions = nil // nobody knows what was done
		}
		m.sayUnfinished(intent, outcome, err)
		if cause == nil {
			_ = m.Tell(intent.Deletions, backend.ResultUnknown, err)
		} else {
			_ = m.tellOutcome(intent, outcome, backend.ResultDone)
		}
		return translate.Refused(m.Page.Settle(done, facts))
	}
	facts.Hide = intent.Plan.Hide
	if intent.Refused {
		m.Log.Info("the upstream has now done what it had refused at a QUIT", "account", m.Target.Account, "deletions", intent.Plan.Deletes)
	} else {
		m.Log.Warn("completed a QUIT that a crash had interrupted", "account", m.Target.Account, "deletions", intent.Plan.Deletes)
	}
	if err := m.Page.Settle(done, facts); err != nil {
		return translate.Refused(err)
	}
	return m.tellOutcome(intent, outcome, backend.ResultDone)
}

// Why messages of a QUIT that was interrupted are left, for the audit trail.
var (
	errRebuilt = errors.New("the mailbox was rebuilt or restored before the QUIT could be completed, and its UIDs are other messages now")
	errUntold  = errors.New("the server does not say whether it is the message that was deleted")
)

// sayUnfinished tells of messages that the upstream would not delete. The device has
// heard -ERR at its QUIT, and deletes again what it is shown again.
func (m *Part) sayUnfinished(intent translate.Intent, outcome translate.Outcome, cause error) {
	args := []any{"account", m.Target.Account, "deletions", intent.Plan.Deletes}
	if refused, _ := outcome.Refused(); len(refused) > 0 {
		args = append(args, "refused", refused.String())
	}
	args = append(args, "cause", cause)
	if intent.Refused {
		m.Log.Warn("the upstream still refuses what it refused at a QUIT; these messages stay, or are marked but not removed", args...)
		return
	}
	m.Log.Error("an interrupted QUIT cannot be completed, because the upstream refuses it; its messages stay, or are already in Trash", args...)
}

// sameMessages counts the marks of an intent whose UIDs do not mean what they meant:
// all of them under another UIDVALIDITY, or in a mailbox that was rolled back, else
// those that are there and not what they were when the device said QUIT. A mailbox
// that was restored from a backup gives UIDs anew, and its UIDNEXT may have caught up
// since. One message that is another drops the whole intent: the mailbox is not the
// one that the plan was made for, and a device that finds its messages again deletes
// them again, while new mail that is deleted is gone. One that cannot be told is left.
func (m *Part) sameMessages(ctx context.Context, now translate.Listing, intent translate.Intent) (mismatched int, untold imap.UIDSet, err error) {
	if intent.UIDValidity != now.UIDValidity || now.UIDNext < intent.UIDNext {
		return max(1, intent.Plan.Deletes), nil, nil
	}
	there := make(map[imap.UID]translate.Fingerprint, len(intent.Marks))
	err = m.Mailbox.Identify(ctx, intent.Marked(), func(d translate.Description) {
		there[d.UID] = d.Fingerprint()
	})
	mismatched, untold = intent.Mismatched(there)
	return mismatched, untold, err
}
