package service

import (
	"context"
	"time"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/proxy/ledger/events"
)

// apply does what a command has asked of every running popbridge; at is its place in the
// order of what was asked.
func (s *Service) apply(e events.Event, at int64) {
	switch e.Kind {
	case events.Held:
		s.watching.Go(func() { s.reportSessions(s.watch, e.Account) })
		return
	case events.Who:
		s.watching.Go(func() { s.answer(s.watch, e) })
		return
	case events.Trouble:
		s.watching.Go(func() { s.answerTrouble(s.watch, e) })
		return
	}
	why, known := reasons[e.Kind]
	if !known {
		s.Log.Warn("another version of popbridge asks for something that this one does not know", "change", e.Kind, "account", e.Account)
		return
	}
	// Connections that are parked go first: a session that ends now must find none.
	if e.Kind == events.Logout {
		s.pool.Tokens.Forget()
		s.server.ForgetProofs()
	}
	if e.Kind != events.Kick {
		s.pool.IMAP.End(e.Account, e.Device)
		s.pool.Relay.End(e.Account, e.Device)
	}
	s.server.EndBefore(e.Account, e.Device, why, at)
}

// answer tells a command that has asked who is logged in here.
func (s *Service) answer(ctx context.Context, asked events.Event) {
	if err := s.store.Events.Answer(ctx, asked.Question, s.server.Present(asked.Account)); err != nil {
		s.Log.Debug("telling who is logged in", "error", err)
	}
}

// answerTrouble tells who has asked what went wrong here.
func (s *Service) answerTrouble(ctx context.Context, asked events.Event) {
	if err := s.store.Events.AnswerWith(ctx, asked.Question, s.troubles.About(asked.Account, clerk.MaxTroubles)); err != nil {
		s.Log.Debug("telling what went wrong", "error", err)
	}
}

// reasons are what the log says of sessions that end with an event.
var reasons = map[events.Kind]string{
	events.Kick:     "an operator has ended it (popbridge kick)",
	events.Logout:   "an operator has logged the account out",
	events.Revoked:  "an operator has revoked the device's password",
	events.Disabled: "an operator has disabled the account",
	events.Moved:    "the account is served from another upstream now",
}

// reportInterval is how often the command that holds an account is told of sessions.
const reportInterval = 500 * time.Millisecond

// reportSessions tells the command that holds an account how many sessions it still
// has here, for as long as it is held: those that have begun may finish, and one
// that was logging in when the hold began counts when it has named the account.
func (s *Service) reportSessions(ctx context.Context, account string) {
	told := 0
	for {
		n := s.server.Sessions(account)
		if n != 0 || told != 0 {
			if err := s.store.Events.Sit(ctx, account, n); err != nil {
				s.Log.Debug("telling of a held account's sessions", "account", account, "error", err)
			}
			told = n
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(reportInterval):
		}
		if w, err := s.store.Progress.Placement(ctx, account); err == nil && !w.Held && told == 0 {
			return
		}
	}
}
