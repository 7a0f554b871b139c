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
// before the first op of any. A message that somebody has filed into another of them
// meanwhile is deleted there; one that nobody finds any more is an error, since it may
// come back.
func (m *Maildrop) Commit(ctx context.Context) (left int, err error) {
	left = m.Marked()
	quits := make([]quit, len(m.parts))
	for i, p := range m.parts {
		quits[i].Intent = translate.Intent{
			UIDValidity: p.drop.UIDValidity(), UIDNext: p.next, Plan: p.drop.Plan(p.Mailbox.Server()), Deletions: p.drop.Deletions(),
		}
	}
	if err := m.note(ctx, quits); err != nil {
		m.tellAll(quits, backend.ResultRefused, err)
		return left, err
	}
	return newHunt(m).run(ctx, quits)
}

// note notes what all messages are that are to be deleted, if the guard lets them be.
func (m *Maildrop) note(ctx context.Context, quits []quit) error {
	if err := m.Target.Maildrop.DeleteGuard.Check(m.Marked(), m.Len()); err != nil {
		return err
	}
	for i, p := range m.parts {
		if err := p.note(ctx, &quits[i]); err != nil {
			return err
		}
	}
	return nil
}

// quit is what a QUIT does in one mailbox, and what came of it.
type quit struct {
	translate.Intent
	gone    imap.UIDSet // marked messages that were not there any more
	outcome translate.Outcome
}

// intend makes what every plan needs before anything is promised, and writes all of them
// down.
func (m *Maildrop) intend(ctx context.Context, quits []quit) error {
	intents := make(map[string]translate.Intent, len(quits))
	for i, p := range m.parts {
		q := &quits[i]
		if q.Plan.Deletes == 0 {
			continue
		}
		var err error
		if q.Plan.Ops, err = p.Mailbox.Prepare(ctx, q.Plan.Ops); err != nil {
			return err
		}
		if q.Intent, err = p.beyond(ctx, q.Intent); err != nil {
			return err
		}
		intents[p.besideName()] = q.Intent
	}
	if len(intents) == 0 {
		return nil
	}
	return m.page.IntendAll(ctx, intents)
}

// apply carries out a plan. The ledger knows it before the upstream does, so that what a
// crash interrupts can be settled at the next login.
func (m *part) apply(ctx context.Context, q *quit) (err error) {
	if q.Plan.Deletes == 0 {
		return m.courtesy(ctx, q.Plan)
	}
	stop := keepAlive(m.page)
	q.outcome, err = m.Mailbox.Apply(ctx, q.Plan.Ops)
	stop()
	if err != nil {
		return fmt.Errorf("carrying out %d ops: %w", len(q.Plan.Ops), err)
	}
	return nil
}

// settle records what was done. Where the ledger fails, QUIT is refused although the
// messages are gone: a device that is told so at worst deletes again what is no longer
// there. Messages that the upstream refused are an error too, and refused is their number:
// all else is done and recorded then. Only where something had been done with them by then
// is the rest left for the next login to try once more. What was done is recorded although
// the session may have ended meanwhile.
func (m *part) settle(ctx context.Context, q *quit) (refused int, err error) {
	if q.Plan.Deletes == 0 {
		return 0, nil
	}
	intent, outcome := q.Intent, q.outcome
	facts := m.drop.Facts()
	facts.Hide, facts.Deletions = intent.Plan.Hide, outcome.Locate(intent.Deletions)
	record := m.page.Settle
	if left := outcome.Unfinished(); len(left) > 0 {
		facts.Copied, record = outcome.Copied(intent), m.page.Record
		err = m.page.Intend(context.WithoutCancel(ctx), intent.Rest(left).Beyond(facts.Copied))
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
