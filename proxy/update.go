package proxy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// quit ends the session; in TRANSACTION it enters UPDATE (RFC 1939 §6): the plan
// is written down, carried out, and recorded, and only then is +OK true.
func (s *session) quit(pop3.Command) error {
	if s.state == authorization {
		s.finish("quit")
		s.conn.OK("bye")
		return nil
	}
	s.finish("quit failed")
	s.server.enter(s, PresentUpdate)
	s.meter.Update()
	marked := s.open.drop.Marked()
	left, err := s.commit(s.ctx)
	if err != nil {
		if done := marked - left; done > 0 {
			s.tally.dele = done
			s.meter.Deleted(s.open.Maildrop.OnDelete, done)
		}
		r := translate.Refuse(err)
		text := r.Text
		if marked > 0 {
			text = "some deleted messages not removed"
		}
		// The maildrop is free before the device hears of it here too: it tries
		// again at once, and that login settles what was begun.
		s.leave()
		return &translate.Refusal{Code: r.Code, Text: text, Err: r}
	}
	s.tally.dele = marked
	s.meter.Deleted(s.open.Maildrop.OnDelete, marked)
	s.finish("quit")
	// The maildrop is free before the device hears +OK: it may log in again
	// at once.
	s.leave()
	s.conn.OK("bye")
	return nil
}

// commit carries out what the session has marked, if the guard lets it. left is how
// many of those messages stay, where there is an error.
func (s *session) commit(ctx context.Context) (left int, err error) {
	o := s.open
	left = o.drop.Marked()
	if err := o.Maildrop.DeleteGuard.Check(left, o.drop.Len()); err != nil {
		return left, err
	}
	intent := translate.Intent{UIDValidity: o.drop.UIDValidity(), UIDNext: o.next, Plan: o.drop.Plan(o.mailbox.Server())}
	if err := s.note(ctx, &intent); err != nil {
		return left, err
	}
	refused, err := s.update(ctx, intent)
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
// recorded then, and nothing is left for the next login to settle.
func (s *session) update(ctx context.Context, intent translate.Intent) (refused int, err error) {
	o, plan := s.open, intent.Plan
	facts := o.drop.Facts()
	facts.Hide = plan.Hide
	if plan.Deletes == 0 {
		// \Seen may be lost or set twice; that is not worth a write.
		if _, err := o.mailbox.Apply(ctx, plan.Ops); err != nil {
			s.log.Warn("what was retrieved could not be marked as seen", "error", err)
		}
		return 0, o.page.Record(facts)
	}
	ops, err := o.mailbox.Prepare(ctx, plan.Ops)
	if err != nil {
		return 0, err
	}
	intent.Plan.Ops = ops
	if err := o.page.Intend(intent); err != nil {
		return 0, err
	}
	stop := keepAlive(o.page)
	outcome, err := o.mailbox.Apply(ctx, ops)
	stop()
	if err != nil {
		return 0, fmt.Errorf("carrying out %d ops: %w", len(ops), err)
	}
	facts.Deletions, facts.IntentDone = outcome.Locate(intent.Deletions), true
	uids, cause := outcome.Refused()
	if err := o.page.Record(facts); err != nil || cause == nil {
		return 0, err
	}
	refused = len(translate.Members(uids))
	return refused, fmt.Errorf("%d of %d messages stay: %w", refused, plan.Deletes, cause)
}

// aliveEvery is how often a session that is carrying out its plan gives a sign of
// life, so that lock_takeover, one second at the least, does not hand its
// maildrop to somebody else in the middle.
const aliveEvery = 300 * time.Millisecond

// keepAlive gives signs of life until stop is called.
func keepAlive(page Page) (stop func()) {
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
func (s *session) note(ctx context.Context, intent *translate.Intent) error {
	o := s.open
	if o.drop.Marked() == 0 {
		return nil
	}
	deletions := o.drop.Deletions()
	at := make(map[imap.UID]int, len(deletions))
	intent.Marks = make([]translate.Mark, len(deletions))
	for i := range deletions {
		d := &deletions[i]
		d.At, d.Device, d.Client = time.Now(), o.Device, s.client.String()
		at[d.UID] = i
		intent.Marks[i].UID = d.UID
	}
	intent.Deletions = deletions
	there := make(map[imap.UID]translate.Fingerprint, len(deletions))
	err := o.mailbox.Identify(ctx, intent.Marked(), func(d translate.Description) {
		if i, ok := at[d.UID]; ok {
			deletions[i].MessageID = d.MessageID
			there[d.UID] = d.Fingerprint()
			intent.Marks[i].Print = there[d.UID]
		}
	})
	switch {
	case err == nil:
	case len(intent.Plan.Hide) > 0:
		s.log.Warn("what a device hides could not be looked at", "error", err)
		return nil
	default:
		return err
	}
	if gone := intent.Missing(there); len(gone) > 0 {
		s.log.Info("marked messages are gone already", "uids", gone.String())
		*intent = intent.Without(gone)
	}
	return nil
}

// leave closes what the session has open: the page first, which is the lock. The
// mailbox stays open where there is something to learn from it after the device
// has its answer.
func (s *session) leave() {
	o := s.open
	if o.durable {
		batch, _ := o.learning()
		s.unkeyed = o.page.Unkeyed(o.drop.UIDValidity(), batch)
	}
	s.closePage(o)
	s.open.page = nil
	if len(s.unkeyed) == 0 {
		s.closeMailbox(o)
		s.open.mailbox = nil
	} else if y, ok := o.mailbox.(Yielder); ok {
		y.Yield() // before the device hears +OK: it may log in again at once
	}
}

// end is the last thing that a session does, however it came to its end.
func (s *session) end() {
	defer func() { s.meter.End(s.result) }()
	s.abort()
	if s.state == transaction {
		s.server.enter(s, PresentUpdate)
	}
	if s.open.page != nil {
		if s.result != "quit failed" {
			s.seen()
		}
		s.leave()
	}
	if s.open.mailbox != nil {
		s.learnKeys(s.open, s.unkeyed)
		s.closeMailbox(s.open)
	}
	if s.state == transaction {
		s.log.Info("session ended", "result", s.result, "retr", s.tally.retr, "octets", s.tally.octets, "top", s.tally.top,
			"dele", s.tally.dele, "duration", time.Since(s.began).Round(time.Millisecond))
		return
	}
	s.log.Debug("connection ended", "result", s.result, "duration", time.Since(s.began).Round(time.Millisecond))
}

// seenTimeout bounds the one STORE at the end of a session without QUIT.
const seenTimeout = 30 * time.Second

// seen does what is left of UPDATE in a session without QUIT: it never deletes.
func (s *session) seen() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), seenTimeout)
	defer cancel()
	if _, err := s.update(ctx, translate.Intent{Plan: s.open.drop.SeenPlan(s.open.mailbox.Server())}); err != nil {
		s.log.Warn("what the session has learned could not be recorded", "error", err)
	}
}
