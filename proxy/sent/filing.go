package sent

import (
	"context"
	"fmt"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// pace is what is waited for, and how long.
type pace struct {
	// first is the wait before the second attempt, and before the first one at what
	// another process has left: a server may still be busy with the APPEND of a connection
	// that was lost. Each further wait is twice as long, up to most.
	first, most time.Duration
	// looks are the waits before each look for a message at a provider that puts sent mail
	// into the mailbox by itself, some moments later.
	looks []time.Duration
}

var usual = pace{2 * time.Second, 5 * time.Minute, []time.Duration{time.Second, 5 * time.Second, 20 * time.Second}}

// file puts an entry into its mailbox, however often that takes.
func (s *Sent) file(e *entry) {
	wait := s.pace.first
	if e.again && !s.pause(wait) {
		return
	}
	for attempt := 0; ; attempt++ {
		u, known := s.config.Load().Upstream[e.Upstream]
		var outcome Outcome
		err := fmt.Errorf("upstream %q is not in the configuration", e.Upstream)
		if known {
			if e.Host != "" {
				u.Address, u.HostGiven = e.Host, true
			}
			outcome, err = s.attempt(e, u)
			e.again = true
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
			log.Debug("a copy of a sent message is filed", "outcome", string(outcome))
			s.end(e, outcome)
			return
		case wait > left:
			log.Error("a copy of a sent message could not be filed, and is dropped (sent_retry)", "cause", err)
			s.filed.forget(e.key())
			s.end(e, OutcomeGiven)
			return
		case attempt == 0:
			log.Warn("a copy of a sent message could not be filed; it will be tried again", "for", left.Round(time.Second).String(), "cause", err)
		default:
			log.Debug("a copy of a sent message could still not be filed", "cause", err)
		}
		s.tell(e.Upstream, OutcomeFailed)
		if !s.pause(wait) {
			return
		}
		wait = min(2*wait, s.pace.most)
	}
}

// end takes an entry away. Only then is it written down whose its place is: while there
// is an entry, the message there is not another one's, but this one's.
func (s *Sent) end(e *entry, outcome Outcome) {
	s.tell(e.Upstream, outcome)
	if err := s.spool.remove(e); err != nil {
		s.log.Error("removing the copy of a message", "error", err)
	}
	if e.place != (filedKey{}) {
		s.filed.add(e.place)
	}
}

// attempt is one. With auto, and where an earlier one may have come further than it
// looked, the message is looked for first.
func (s *Sent) attempt(e *entry, u configs.Upstream) (Outcome, error) {
	auto := u.Submission.Sent == configs.SentAuto
	if !u.Files() {
		return OutcomeThere, nil
	}
	if auto && u.FilesItself() {
		// A look that failed is made again, after the same wait.
		for ; e.looked < len(s.pace.looks); e.looked++ {
			if !s.pause(s.pace.looks[e.looked]) {
				return "", s.ctx.Err()
			}
			if there, err := s.look(e, u); err != nil || there {
				return OutcomeThere, err
			}
		}
	}
	return s.put(e, u, auto || e.again)
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
		there, err = s.find(ctx, m, e, u)
		return err
	})
	return there, err
}

// found is how long before its sending a message may seem to have arrived in its mailbox:
// clocks differ, and servers count days in their own zone.
const found = 24 * time.Hour

// find looks for the message. One that is known to be another message is none, however
// much it looks like this one: there are devices that give all of theirs one Message-ID.
func (s *Sent) find(ctx context.Context, m Mailbox, e *entry, u configs.Upstream) (bool, error) {
	like := translate.SentMessage{MessageID: e.MessageID, Date: e.Date, Given: e.given}
	places, err := m.Find(ctx, like, e.at.Add(-found), u.FilesItself())
	for _, p := range places {
		if key := e.placeKey(p); s.filed.take(key) {
			e.place = key
			return true, nil
		}
	}
	return false, err
}

// put looks, if it is to, and puts the message there.
func (s *Sent) put(e *entry, u configs.Upstream, look bool) (outcome Outcome, err error) {
	outcome = OutcomeFiled
	err = s.enter(e, u, func(ctx context.Context, m Mailbox) error {
		if look {
			if there, err := s.find(ctx, m, e, u); err != nil || there {
				outcome = OutcomeThere
				return err
			}
		}
		text, file, err := s.spool.open(e.id)
		if err != nil {
			return err
		}
		defer file.Close()
		place, err := m.Append(ctx, e.octets, text)
		if err == nil && place.UID != 0 {
			e.place = e.placeKey(place)
			s.filed.take(e.place)
		}
		return err
	})
	return outcome, err
}
