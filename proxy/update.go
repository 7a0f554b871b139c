package proxy

import (
	"context"
	"fmt"
	"time"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// seenTimeout bounds the one STORE at the end of a session without QUIT.
const seenTimeout = 30 * time.Second

// quit ends the session; in TRANSACTION it enters UPDATE (RFC 1939 §6): the plan
// is written down, carried out, and recorded, and only then is +OK true.
func (s *session) quit(pop3.Command) error {
	if s.state == authorization {
		s.finish("quit")
		s.conn.OK("bye")
		return nil
	}
	s.finish("quit failed")
	marked := s.open.drop.Marked()
	if err := s.update(s.ctx, s.open.drop.Plan(s.open.mailbox.Server())); err != nil {
		r := translate.Refuse(err)
		text := r.Text
		if marked > 0 {
			text = "some deleted messages not removed"
		}
		return &translate.Refusal{Code: r.Code, Text: text, Err: r}
	}
	s.tally.dele = marked
	s.finish("quit")
	// The maildrop is free before the device hears +OK: it may log in again
	// at once.
	s.leave()
	s.conn.OK("bye")
	return nil
}

// update carries out a plan. The ledger knows it before the upstream does, so
// that what a crash interrupts can be settled.
func (s *session) update(ctx context.Context, plan translate.Plan) error {
	o := s.open
	ops, err := o.mailbox.Prepare(ctx, plan.Ops)
	if err != nil {
		return err
	}
	plan.Ops = ops
	if len(plan.Ops) > 0 || len(plan.Hide) > 0 {
		if err := o.page.Intend(plan); err != nil {
			return err
		}
	}
	if len(plan.Ops) > 0 {
		if _, err := o.mailbox.Apply(ctx, plan.Ops); err != nil {
			return fmt.Errorf("carrying out %d ops: %w", len(plan.Ops), err)
		}
	}
	facts := o.drop.Facts()
	facts.Hide = plan.Hide
	return o.page.Record(facts)
}

// leave closes what the session has open; what was retrieved is marked \Seen
// where no QUIT has done it.
func (s *session) leave() {
	s.open.close(s)
	s.open.mailbox, s.open.page = nil, nil
}

// end is the last thing that a session does, however it came to its end.
func (s *session) end() {
	if s.open.mailbox != nil {
		if s.result != "quit failed" {
			s.seen()
		}
		s.leave()
	}
	s.abort()
	if s.state == transaction {
		s.log.Info("session ended", "result", s.result, "retr", s.tally.retr, "octets", s.tally.octets, "top", s.tally.top,
			"dele", s.tally.dele, "duration", time.Since(s.began).Round(time.Millisecond))
		return
	}
	s.log.Debug("connection ended", "result", s.result, "duration", time.Since(s.began).Round(time.Millisecond))
}

// seen does what is left of UPDATE in a session without QUIT: it never deletes.
func (s *session) seen() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), seenTimeout)
	defer cancel()
	if err := s.update(ctx, s.open.drop.SeenPlan(s.open.mailbox.Server())); err != nil {
		s.log.Warn("what was retrieved could not be marked as seen", "error", err)
	}
}
