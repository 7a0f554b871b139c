package maildrop

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Commit carries out what the session has marked, if the guard lets it. left is how
// many of those messages stay, where there is an error.
func (m *Maildrop) Commit(ctx context.Context) (left int, err error) {
	left = m.Marked()
	if err := m.Target.Maildrop.DeleteGuard.Check(left, m.Len()); err != nil {
		return left, err
	}
	intent := translate.Intent{UIDValidity: m.UIDValidity(), UIDNext: m.next, Plan: m.Plan(m.Mailbox.Server())}
	if err := m.note(ctx, &intent); err != nil {
		return left, err
	}
	refused, err := m.update(ctx, intent)
	if refused > 0 {
		left = refused
	}
	return left, err
}

// update carries out a plan. The ledger knows it before the upstream does, so
// that what a crash interrupts can be settled at the next login. Where the
// ledger fails before the first op, nothing is done; where it fails behind the
// last, QUIT is refused although the messages are gone: a device that is told
// so at worst deletes again what is no longer there. Messages that the upstream
// refused are an error too, and refused is their number: all else is done and
// recorded then. Only where something had been done with them by then is the rest left
// for the next login to try once more. What was done is recorded although the session
// may have ended meanwhile.
func (m *Maildrop) update(ctx context.Context, intent translate.Intent) (refused int, err error) {
	plan := intent.Plan
	facts := m.Facts()
	facts.Hide = plan.Hide
	if plan.Deletes == 0 {
		// \Seen may be lost or set twice; that is not worth a write.
		if _, err := m.Mailbox.Apply(ctx, plan.Ops); err != nil {
			m.Log.Warn("what was retrieved could not be marked as seen", "error", err)
		}
		return 0, m.page.Record(context.WithoutCancel(ctx), facts)
	}
	ops, err := m.Mailbox.Prepare(ctx, plan.Ops)
	if err != nil {
		return 0, err
	}
	intent.Plan.Ops = ops
	if intent, err = m.beyond(ctx, intent); err != nil {
		return 0, err
	}
	if err := m.page.Intend(ctx, intent); err != nil {
		return 0, err
	}
	stop := keepAlive(m.page)
	outcome, err := m.Mailbox.Apply(ctx, intent.Plan.Ops)
	stop()
	if err != nil {
		return 0, fmt.Errorf("carrying out %d ops: %w", len(intent.Plan.Ops), err)
	}
	facts.Deletions = outcome.Locate(intent.Deletions)
	record := m.page.Settle
	if left := outcome.Unfinished(); len(left) > 0 {
		facts.Copied, record = outcome.Copied(intent), m.page.Record
		if err := m.page.Intend(context.WithoutCancel(ctx), intent.Rest(left).Beyond(facts.Copied)); err != nil {
			return 0, err
		}
	}
	uids, cause := outcome.Refused()
	if err := record(context.WithoutCancel(ctx), facts); err != nil || cause == nil {
		return 0, err
	}
	refused = len(translate.Members(uids))
	return refused, fmt.Errorf("%d of %d messages stay: %w", refused, plan.Deletes, cause)
}

// beyond leaves out of an intent the copies that were made before, for another QUIT.
func (m *Maildrop) beyond(ctx context.Context, intent translate.Intent) (translate.Intent, error) {
	if !slices.ContainsFunc(intent.Plan.Ops, func(op translate.Op) bool { return op.Kind == translate.OpCopy }) {
		return intent, nil
	}
	copies, err := m.page.Copied(ctx, intent.UIDValidity)
	return intent.Beyond(copies), temporary(err)
}

// aliveEvery is how often a session that is carrying out its plan gives a sign of
// life, so that lock_takeover, one second at the least, does not hand its
// maildrop to somebody else in the middle.
const aliveEvery = 300 * time.Millisecond

// keepAlive gives signs of life until stop is called.
func keepAlive(page backend.Page) (stop func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		ticker := time.NewTicker(aliveEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				page.Active()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); ended.Wait() }
}

// note keeps in an intent what each marked message is: for the one who may
// have to settle it, so that no other message is taken for it, and for the journal,
// so that an operator can say later who deleted what, and bring it back. What turns
// out to be gone is left out of everything that is done upstream. A session that
// deletes nothing asks nothing, and one that only hides needs no answer.
func (m *Maildrop) note(ctx context.Context, intent *translate.Intent) error {
	if m.Marked() == 0 {
		return nil
	}
	deletions := m.Deletions()
	at := make(map[imap.UID]int, len(deletions))
	intent.Marks = make([]translate.Mark, len(deletions))
	for i := range deletions {
		d := &deletions[i]
		d.At, d.Device, d.Client = time.Now(), m.Target.Device, m.Client.String()
		at[d.UID] = i
		intent.Marks[i].UID = d.UID
	}
	intent.Deletions = deletions
	there := make(map[imap.UID]translate.Fingerprint, len(deletions))
	err := m.Mailbox.Identify(ctx, intent.Marked(), func(d translate.Description) {
		if i, ok := at[d.UID]; ok {
			deletions[i].MessageID = d.MessageID
			there[d.UID] = d.Fingerprint()
			intent.Marks[i].Print = there[d.UID]
		}
	})
	switch {
	case err == nil:
	case len(intent.Plan.Hide) > 0:
		m.Log.Warn("what a device hides could not be looked at", "error", err)
		return nil
	default:
		return err
	}
	if gone := intent.Missing(there); len(gone) > 0 {
		m.Log.Info("marked messages are gone already", "uids", gone.String())
		*intent = intent.Without(gone)
	}
	return nil
}
