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
// many of those messages stay, where there is an error. Where they lie in several
// mailboxes, each has its plan under its own UIDVALIDITY, and all are written down
// before the first op of any.
func (m *Maildrop) Commit(ctx context.Context) (left int, err error) {
	left = m.Marked()
	if err := m.Target.Maildrop.DeleteGuard.Check(left, m.Len()); err != nil {
		return left, err
	}
	intents := make([]translate.Intent, len(m.parts))
	for i, p := range m.parts {
		intents[i] = translate.Intent{UIDValidity: p.drop.UIDValidity(), UIDNext: p.next, Plan: p.drop.Plan(p.Mailbox.Server())}
		if err := p.note(ctx, &intents[i]); err != nil {
			return left, err
		}
	}
	for i, p := range m.parts {
		if err := p.intend(ctx, &intents[i]); err != nil {
			return left, err
		}
	}
	undone, stay := 0, 0
	for _, intent := range intents {
		undone += intent.Plan.Deletes
	}
	for i, p := range m.parts {
		refused, rerr := p.update(ctx, intents[i])
		if rerr != nil && refused == 0 {
			// What the others were to do is written down: the next login settles it.
			return min(left, stay+undone), rerr
		}
		undone -= intents[i].Plan.Deletes
		if stay += refused; err == nil {
			err = rerr
		}
	}
	if stay > 0 {
		left = stay
	}
	return left, err
}

// intend makes what a plan needs before anything is promised, and writes it down.
func (m *part) intend(ctx context.Context, intent *translate.Intent) (err error) {
	if intent.Plan.Deletes == 0 {
		return nil
	}
	if intent.Plan.Ops, err = m.Mailbox.Prepare(ctx, intent.Plan.Ops); err != nil {
		return err
	}
	if *intent, err = m.beyond(ctx, *intent); err != nil {
		return err
	}
	return m.page.Intend(ctx, *intent)
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
func (m *part) update(ctx context.Context, intent translate.Intent) (refused int, err error) {
	plan := intent.Plan
	if plan.Deletes == 0 {
		return 0, m.courtesy(ctx, plan)
	}
	facts := m.drop.Facts()
	facts.Hide = plan.Hide
	stop := keepAlive(m.page)
	outcome, err := m.Mailbox.Apply(ctx, plan.Ops)
	stop()
	if err != nil {
		return 0, fmt.Errorf("carrying out %d ops: %w", len(plan.Ops), err)
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
func (m *part) beyond(ctx context.Context, intent translate.Intent) (translate.Intent, error) {
	if !slices.ContainsFunc(intent.Plan.Ops, func(op translate.Op) bool { return op.Kind == translate.OpCopy }) {
		return intent, nil
	}
	copies, err := m.page.Copied(ctx, intent.UIDValidity)
	return intent.Beyond(copies), temporary(err)
}

// courtesy carries out a plan that deletes nothing: \Seen may be lost or set twice, and
// that is not worth a write. What the session has learned is recorded.
func (m *part) courtesy(ctx context.Context, plan translate.Plan) error {
	if _, err := m.Mailbox.Apply(ctx, plan.Ops); err != nil {
		m.Log.Warn("what was retrieved could not be marked as seen", "error", err)
	}
	return m.page.Record(context.WithoutCancel(ctx), m.drop.Facts())
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
func (m *part) note(ctx context.Context, intent *translate.Intent) error {
	if m.drop.Marked() == 0 {
		return nil
	}
	deletions := m.drop.Deletions()
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
