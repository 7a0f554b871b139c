package maildrop

import (
	"context"
	"errors"

	"popbridge/proxy/backend"
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
			if err := p.lookAgain(ctx); err != nil {
				return err
			}
		}
	}
	return err
}

// catchUpAll brings what is remembered of every mailbox up to date.
func (m *Maildrop) catchUpAll(ctx context.Context) (err error) {
	for _, p := range m.parts {
		if p.listing, p.known, err = p.catchUp(ctx); err != nil {
			return err
		}
		if err := p.checkPolicy(); err != nil {
			return err
		}
	}
	return nil
}

// catchUp lists the mailbox and brings what is remembered of it up to date: what
// a crash has interrupted is carried out, and messages that are there under another
// UID are found again.
func (m *part) catchUp(ctx context.Context) (translate.Listing, backend.State, error) {
	before, listing, known, err := m.compare(ctx)
	if err != nil {
		return listing, known, err
	}
	// One crash may have interrupted the QUITs of several devices.
	for looked := false; known.Intent != nil; {
		if !looked && known.Intent.UIDNext > listing.UIDNext {
			// Who made it has seen the mailbox later than this login has.
			looked = true
			if before, listing, known, err = m.compareAnew(ctx); err != nil {
				return listing, known, err
			}
			continue
		}
		mismatched, untold, err := m.sameMessages(ctx, listing, *known.Intent)
		if err != nil {
			return listing, known, err
		}
		if !looked && mismatched > 0 {
			// A session at an old server shows the maildrop as it was at its login, and
			// one that others have used meanwhile is not one that was rebuilt.
			looked = true
			if before, listing, known, err = m.compareAnew(ctx); err != nil {
				return listing, known, err
			}
			continue
		}
		if err := m.recoverIntent(ctx, listing, *known.Intent, mismatched, untold); err != nil {
			return listing, known, err
		}
		if listing, err = m.Mailbox.List(ctx, listing); err != nil {
			return listing, known, err
		}
		if known, err = m.page.Known(ctx, listing.UIDValidity); err != nil {
			return listing, known, temporary(err)
		}
	}
	m.before = before
	remapped, err := m.remapUIDs(ctx, before, listing, known)
	if err != nil {
		return listing, known, err
	}
	if remapped {
		if known, err = m.page.Known(ctx, listing.UIDValidity); err != nil {
			return listing, known, temporary(err)
		}
	}
	return listing, known, nil
}
