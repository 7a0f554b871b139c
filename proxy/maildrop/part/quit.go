package part

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"popbridge/translate"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
)

// Quit is what a QUIT does in one mailbox, and what came of it.
type Quit struct {
	translate.Intent
	Gone    imap.UIDSet // marked messages that were not there any more
	Outcome translate.Outcome
}

// Quit gives what the session's QUIT does in this mailbox, which knows where deleted
// messages go, see FindTargets.
func (m *Part) Quit() Quit {
	return Quit{Intent: translate.Intent{
		UIDValidity: m.Drop.UIDValidity(), UIDNext: m.next, Plan: m.Drop.Plan(m.Mailbox.Server()), Deletions: m.Drop.Deletions(),
	}}
}

// FindTargets has the mailbox know where deleted messages go, where it has put that off.
func (m *Part) FindTargets(ctx context.Context) error {
	box, ok := m.Mailbox.(backend.Untargeted)
	if !ok {
		return nil
	}
	asked, err := box.FindTargets(ctx)
	if err != nil || !asked {
		return err
	}
	return m.CheckPolicy() // as at the login, with what was not known then
}

// Prepare makes what a plan needs before anything is promised.
func (m *Part) Prepare(ctx context.Context, q *Quit) (err error) {
	if q.Plan.Ops, err = m.Mailbox.Prepare(ctx, q.Plan.Ops); err != nil {
		return err
	}
	q.Intent, err = m.beyond(ctx, q.Intent)
	return err
}

// Apply carries out a plan. The ledger knows it before the upstream does, so that what a
// crash interrupts can be settled at the next login.
func (m *Part) Apply(ctx context.Context, q *Quit) (err error) {
	if q.Plan.Deletes == 0 {
		return m.Courtesy(ctx, q.Plan)
	}
	stop := keepAlive(m.Page)
	q.Outcome, err = m.Mailbox.Apply(ctx, q.Plan.Ops)
	stop()
	if err != nil {
		return fmt.Errorf("carrying out %d ops: %w", len(q.Plan.Ops), err)
	}
	return nil
}

// Settle records what was done. Where the ledger fails, QUIT is refused although the
// messages are gone: a device that is told so at worst deletes again what is no longer
// there. Messages that the upstream refused are an error too, and refused is their number:
// all else is done and recorded then. Only where something had been done with them by then
// is the rest left for the next login to try once more. What was done is recorded although
// the session may have ended meanwhile.
func (m *Part) Settle(ctx context.Context, q *Quit) (refused int, err error) {
	if q.Plan.Deletes == 0 {
		return 0, nil
	}
	intent, outcome := q.Intent, q.Outcome
	facts := m.Drop.Facts()
	facts.Hide, facts.Deletions = intent.Plan.Hide, outcome.Locate(intent.Deletions)
	record := m.Page.Settle
	if left := outcome.Unfinished(); len(left) > 0 {
		facts.Copied, record = outcome.Copied(intent), m.Page.Record
		err = m.Page.Intend(context.WithoutCancel(ctx), intent.Rest(left).Beyond(facts.Copied))
	}
	uids, cause := outcome.Refused()
	if err == nil {
		err = record(context.WithoutCancel(ctx), facts)
	}
	done := backend.ResultDone
	if err != nil && len(intent.Plan.Hide) > 0 {
		done = backend.ResultUnknown // it is the ledger that hides them
	}
	if terr := m.tellOutcome(intent, outcome, done); err == nil {
		err = terr
	}
	if err != nil || cause == nil {
		return 0, err
	}
	refused = len(translate.Members(uids))
	return refused, fmt.Errorf("%d of %d messages stay: %w", refused, intent.Plan.Deletes, cause)
}

// beyond leaves out of an intent the copies that were made before, for another QUIT.
func (m *Part) beyond(ctx context.Context, intent translate.Intent) (translate.Intent, error) {
	if !slices.ContainsFunc(intent.Plan.Ops, func(op translate.Op) bool { return op.Kind == translate.OpCopy }) {
		return intent, nil
	}
	copies, err := m.Page.Copied(ctx, intent.UIDValidity)
	return intent.Beyond(copies), translate.Refused(err)
}

// Courtesy carries out a plan that deletes nothing: \Seen may be lost or set twice, and
// that is not worth a write. What the session has learned is recorded.
func (m *Part) Courtesy(ctx context.Context, plan translate.Plan) error {
	if _, err := m.Mailbox.Apply(ctx, plan.Ops); err != nil {
		m.Log.Warn("what was retrieved could not be marked as seen", "error", err)
	}
	return m.Page.Record(context.WithoutCancel(ctx), m.Drop.Facts())
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
