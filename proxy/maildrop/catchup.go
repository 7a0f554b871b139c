package maildrop

import (
	"context"
	"errors"

	"popbridge/translate"
)

// overtakes is how often a login begins again because other sessions have changed
// what is remembered of the mailbox while it read it.
const overtakes = 5

// prepare makes the maildrop of what its mailboxes hold and what is remembered of them.
// Where another session was faster, both are looked at again: nothing has been
// shown to the device yet.
func (m *Maildrop) prepare(ctx context.Context) (err error) {
	for range overtakes {
		if err = m.catchUpAll(ctx); err == nil {
			err = m.build(ctx)
		}
		if !errors.Is(err, translate.ErrOvertaken) || ctx.Err() != nil {
			break
		}
		m.Log.Debug("another session was faster; the login looks again", "account", m.Target.Account)
		for _, p := range m.parts {
			if err := p.LookAgain(ctx); err != nil {
				return err
			}
		}
	}
	return err
}

// catchUpAll brings what is remembered of every mailbox up to date.
func (m *Maildrop) catchUpAll(ctx context.Context) (err error) {
	for _, p := range m.parts {
		if err = p.CatchUp(ctx); err != nil {
			return err
		}
		if err := p.CheckPolicy(); err != nil {
			return err
		}
	}
	return nil
}
