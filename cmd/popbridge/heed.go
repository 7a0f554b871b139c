package main

import (
	"context"
	"time"

	"popbridge/proxy/ledger"
)

// heed does what a command has asked of every running popbridge.
func (b *bridge) heed(c ledger.Change) {
	switch c.Kind {
	case ledger.Held:
		b.watching.Go(func() { b.tellSessions(b.hearing, c.Account) })
		return
	case ledger.Who:
		b.watching.Go(func() { b.answer(b.hearing, c) })
		return
	}
	why, known := reasons[c.Kind]
	if !known {
		b.log.Warn("another version of popbridge asks for something that this one does not know", "change", c.Kind, "account", c.Account)
		return
	}
	// Links that are parked go first: a session that ends now must find none.
	if c.Kind == ledger.Logout {
		b.pool.tokens.Forget()
		b.server.ForgetProofs()
	}
	if c.Kind != ledger.Kick {
		b.pool.End(c.Account, c.Device)
	}
	b.server.End(c.Account, c.Device, why)
}

// answer tells a command that has asked who is logged in here.
func (b *bridge) answer(ctx context.Context, asked ledger.Change) {
	if err := b.store.Answer(ctx, asked.Question, b.server.Present(asked.Account)); err != nil {
		b.log.Debug("telling who is logged in", "error", err)
	}
}

// reasons are what the log says of sessions that end with a change.
var reasons = map[ledger.ChangeKind]string{
	ledger.Kick:    "an operator has ended it (popbridge kick)",
	ledger.Logout:  "an operator has logged the account out",
	ledger.Revoked: "an operator has revoked the device's password",
	ledger.Moved:   "the account is served from another upstream now",
}

// tellInterval is how often the command that holds an account is told of sessions.
const tellInterval = 500 * time.Millisecond

// tellSessions tells the command that holds an account how many sessions it still
// has here, for as long as it is held: those that have begun may finish, and one
// that was logging in when the hold began counts when it has named the account.
func (b *bridge) tellSessions(ctx context.Context, account string) {
	told := 0
	for {
		n := b.server.Sessions(account)
		if n != 0 || told != 0 {
			if err := b.store.Sit(ctx, account, n); err != nil {
				b.log.Debug("telling of a held account's sessions", "account", account, "error", err)
			}
			told = n
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tellInterval):
		}
		if w, err := b.store.Whereabouts(ctx, account); err == nil && !w.Held && told == 0 {
			return
		}
	}
}
