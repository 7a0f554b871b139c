package part

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// CatchUp lists the mailbox and brings what is remembered of it up to date: what
// a crash has interrupted is carried out, and messages that are there under another
// UID are found again.
func (m *Part) CatchUp(ctx context.Context) (err error) {
	m.Listing, m.Known, err = m.catchUp(ctx)
	return err
}

func (m *Part) catchUp(ctx context.Context) (translate.Listing, backend.State, error) {
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
		if known, err = m.Page.Known(ctx, listing.UIDValidity); err != nil {
			return listing, known, translate.Refused(err)
		}
	}
	m.Before = before
	remapped, err := m.remapUIDs(ctx, before, listing, known)
	if err != nil {
		return listing, known, err
	}
	if remapped {
		if known, err = m.Page.Known(ctx, listing.UIDValidity); err != nil {
			return listing, known, translate.Refused(err)
		}
	}
	return listing, known, nil
}
