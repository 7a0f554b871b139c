package sent

import (
	"context"
	"fmt"
	"time"

	"popbridge/configs"
)

// Waits between attempts, each twice as long as the one before.
const (
	firstWait = 2 * time.Second
	maxWait   = 5 * time.Minute
)

// looks are the waits before each look for a message at a provider that puts sent mail
// into the mailbox by itself, some moments later.
var looks = []time.Duration{time.Second, 5 * time.Second, 20 * time.Second}

// file puts an entry into its mailbox, however often that takes.
func (s *Sent) file(e *entry) {
	wait := firstWait
	for attempt := 0; ; attempt++ {
		u, known := s.config.Load().Upstream[e.Upstream]
		var outcome Outcome
		err := fmt.Errorf("upstream %q is not in the configuration", e.Upstream)
		if known {
			outcome, err = s.attempt(e, u, attempt > 0)
		}
		if s.ctx.Err() != nil {
			return
		}
		log := s.log.With("upstream", e.Upstream, "account", e.Owner.Account, "message_id", e.MessageID, "session", e.Session)
		patience := u.Submission.SentRetry
		if !known {
			patience = time.Hour // it may come back
		}
		left := time.Until(e.at.Add(patience))
		switch {
		case err == nil:
			log.Debug("a sent message is in its mailbox", "outcome", string(outcome))
			s.end(e, outcome)
			return
		case wait > left:
			log.Error("a sent message could not be put into its account's mailbox of sent mail, and is given up (sent_retry)", "cause", err)
			s.filed.forget(e.key())
			s.end(e, OutcomeGiven)
			return
		case attempt == 0:
			log.Warn("a sent message could not be put into its account's mailbox of sent mail; it will be tried again", "for", left.Round(time.Second).String(), "cause", err)
		default:
			log.Debug("a sent message could still not be put into its mailbox", "cause", err)
		}
		s.tell(e.Upstream, OutcomeFailed)
		if !s.pause(wait) {
			return
		}
		wait = min(2*wait, maxWait)
	}
}

// end takes an entry away.
func (s *Sent) end(e *entry, outcome Outcome) {
	s.tell(e.Upstream, outcome)
	if err := s.spool.remove(e); err != nil {
		s.log.Error("removing the copy of a message", "error", err)
	}
}

// attempt is one. With auto, and where an earlier one may have come further than it
// looked, the message is looked for first.
func (s *Sent) attempt(e *entry, u configs.Upstream, again bool) (Outcome, error) {
	switch {
	case !u.Files():
		return OutcomeThere, nil
	case u.Submission.Sent == configs.SentAuto && u.FilesItself() && !again:
		for _, wait := range looks {
			if !s.pause(wait) {
				return "", s.ctx.Err()
			}
			if there, err := s.look(e, u); err != nil || there {
				return OutcomeThere, err
			}
		}
	}
	return s.put(e, u, again || u.Submission.Sent == configs.SentAuto)
}

// enter opens the mailbox, when it is this entry's turn.
func (s *Sent) enter(e *entry, u configs.Upstream, use func(context.Context, Mailbox) error) error {
	select {
	case s.workers <- struct{}{}:
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
	defer func() { <-s.workers }()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	m, err := s.open(ctx, u, e.SentMail)
	if err != nil {
		return err
	}
	defer func() {
		if err := m.Close(); err != nil {
			s.log.Debug("closing a mailbox of sent mail", "error", err)
		}
	}()
	return use(ctx, m)
}

func (s *Sent) look(e *entry, u configs.Upstream) (there bool, err error) {
	err = s.enter(e, u, func(ctx context.Context, m Mailbox) (err error) {
		there, err = m.HasMessage(ctx, e.MessageID)
		return err
	})
	return there, err
}

// put looks, if it is to, and puts the message there.
func (s *Sent) put(e *entry, u configs.Upstream, look bool) (outcome Outcome, err error) {
	outcome = OutcomeFiled
	err = s.enter(e, u, func(ctx context.Context, m Mailbox) error {
		if look {
			if there, err := m.HasMessage(ctx, e.MessageID); err != nil || there {
				outcome = OutcomeThere
				return err
			}
		}
		text, file, err := s.spool.open(e.id)
		if err != nil {
			return err
		}
		defer file.Close()
		return m.Append(ctx, e.octets, text)
	})
	return outcome, err
}
