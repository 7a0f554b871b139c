package proxy

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// settle finishes a plan that a crash has interrupted: its device had said QUIT.
// All ops but COPY are by UID and do no harm twice; whether a COPY was done is
// looked up first. Where the UIDs may mean other messages by now, nothing is done
// but to forget the plan.
func (s *session) settle(ctx context.Context, o *open, now translate.Listing, intent translate.Intent) error {
	facts := translate.Facts{UIDValidity: now.UIDValidity, IntentDone: true}
	same, err := s.sameMessages(ctx, o, now, intent)
	if err != nil {
		return err
	}
	if !same {
		s.log.Error("a QUIT that was interrupted is not finished: the mailbox was rebuilt or restored, and its UIDs are other messages now, or the server does not tell", "account", o.Account, "deletions", intent.Plan.Deletes)
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

// sameMessages reports whether an intent's UIDs still mean what they meant: under
// the same UIDVALIDITY, in a mailbox that was not set back, and each that is there
// by what it was when the device said QUIT. A mailbox that was restored from a
// backup gives UIDs anew, and its UIDNEXT may have caught up since. One message
// that is another, or cannot be told, drops the whole intent: the mailbox is not
// the one that the plan was made for, and a device that finds its messages again
// deletes them again, while new mail that is deleted is gone.
func (s *session) sameMessages(ctx context.Context, o *open, now translate.Listing, intent translate.Intent) (bool, error) {
	if intent.UIDValidity != now.UIDValidity || now.UIDNext < intent.UIDNext {
		return false, nil
	}
	prints := make(map[imap.UID]translate.Fingerprint, len(intent.Marks))
	err := o.mailbox.Identify(ctx, intent.Marked(), func(d translate.Description) {
		prints[d.UID] = d.Fingerprint()
	})
	return intent.Strangers(now, prints) == 0, err
}
