package ledger

import (
	"context"
	"errors"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Known is what is remembered for this device of the mailbox under a
// UIDVALIDITY. Its maps are shared: they must not be changed.
func (p *Page) Known(ctx context.Context, validity uint32) (known backend.State, err error) {
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		known, err = database.Retry(ctx, func() (backend.State, error) { return p.known(ctx, validity) })
		return err
	})
	return known, err
}

// KnownAs is Known of a mailbox that was listed since the page was opened. Where it holds
// just what was remembered then, what was read with the lock is what it is served with:
// nothing has changed upstream, so that the session is as if it had looked there then.
func (p *Page) KnownAs(ctx context.Context, now translate.Listing) (known backend.State, err error) {
	asked := false
	err = p.ask(ctx, func(ctx context.Context) (err error) {
		if asked = p.openedWith(now); asked {
			p.row, p.read, p.opened = p.opened.page, true, nil
			known, err = p.knownBy(ctx, now.UIDValidity)
		}
		return err
	})
	if !asked || errors.Is(err, database.ErrChanged) {
		return p.Known(ctx, now.UIDValidity)
	}
	return known, err
}

// openedWith reports whether the rows that were read with the lock belong to a listing,
// and to each other.
func (p *Page) openedWith(now translate.Listing) bool {
	if p.opened == nil || p.beside {
		return false
	}
	page, box, snap := p.opened.page, p.mailbox.Row, p.mailbox.Snapshot
	return snap.ID != 0 && snap.ID == box.Snapshot && snap.Revision == box.Revision && page.mailbox == box.ID && snap.Listing.Shows(now)
}

func (p *Page) known(ctx context.Context, validity uint32) (known backend.State, err error) {
	p.turn(validity)
	if err := p.readBoth(ctx); err != nil {
		return known, err
	}
	return p.knownBy(ctx, validity)
}

// knownBy is known by the rows that were read last.
func (p *Page) knownBy(ctx context.Context, validity uint32) (known backend.State, err error) {
	c, l := p.store.db.View(), p.row
	known = backend.State{Known: translate.Known{UIDValidity: validity}, NewDevice: !l.device, DeviceKnown: l.added, AcceptNewIDs: l.accept, Several: l.several}
	if p.mailbox.Snapshot.Listing.UIDValidity == validity {
		known.Octets = p.mailbox.Snapshot.Measured
	}
	bound := l.boundTo(p.mailbox.Row.ID, validity)
	if p.unseen, known.Bound = !bound, bound; bound {
		p.linksFrom(l)
		if known.Formats, err = decodeFormats(l.formats); err != nil {
			return known, err
		}
		if known.Hidden, err = p.store.hidden(l); err != nil {
			return known, err
		}
		if known.UniqueIDs, err = p.store.pins(ctx, c, l); err != nil {
			return known, err
		}
		if known.Order, err = p.store.order(ctx, c, l); err != nil {
			return known, err
		}
	}
	if l.intents {
		known.Intent, err = p.interrupted(ctx, c, validity)
	}
	return known, err
}

// readBoth reads the page's rows anew, and the mailbox's where they do not go
// together. The page's come first: whoever binds a page has made its mailbox's row
// before. The other way round a mailbox that another session has made between the
// two would look like one that the page was moved away from. The listing stays the
// one that this session has begun with.
func (p *Page) readBoth(ctx context.Context) error {
	if err := p.readRow(ctx); err != nil {
		return err
	}
	if p.mailbox.Row.ID != 0 && (p.row.mailbox == 0 || p.row.mailbox == p.mailbox.Row.ID) {
		return nil
	}
	return p.mailbox.RefreshRow(ctx)
}
