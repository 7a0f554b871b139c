package ledger

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// errNotBound says that a page takes over messages before it is one of their mailbox.
var errNotBound = errors.New("the page is not bound to the mailbox yet")

// Receive takes messages over that have come into this page's mailbox from others of the
// maildrop, in one transaction: they keep their unique-ids and places, and stay hidden
// from who has hidden them. The pages that they come from forget them.
func (p *Page) Receive(ctx context.Context, validity uint32, found []translate.Found) error {
	from := make(map[int64][]translate.Link)
	for _, f := range found {
		from[f.Page] = append(from[f.Page], f.Link)
	}
	return p.ask(ctx, func(ctx context.Context) error {
		err := p.commit(ctx, func(tx database.Querier) error {
			page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
			if err != nil {
				return err
			}
			if !page.boundTo(p.mailbox.Row.ID, validity) {
				return errNotBound
			}
			for source, links := range from {
				if err := receive(ctx, tx, page.page, source, links); err != nil {
					return err
				}
			}
			return tx.Exec(ctx, "UPDATE pages SET revision = $2 WHERE id = $1", page.page, chunks.NewRevision())
		})
		if err == nil {
			err = p.reread(ctx, nil)
		}
		return err
	})
}

// receive takes messages of one page over to another, which may be the same.
func receive(ctx context.Context, tx database.Querier, page, source int64, links []translate.Link) error {
	hidden, err := hiddenSets(ctx, tx, source)
	if err != nil {
		return err
	}
	pins, order, left := make(map[imap.UID]string, len(links)), make(map[imap.UID]int), make([]imap.UID, len(links))
	for i, l := range links {
		pins[l.New], left[i] = l.UniqueID, l.Old
		if l.Order != 0 {
			order[l.New] = l.Order
		}
	}
	for _, drop := range []func(context.Context, database.Querier, int64, []imap.UID) error{pinTable.Drop, identityTable.Drop, orderTable.Drop} {
		if err := drop(ctx, tx, source, left); err != nil {
			return err
		}
	}
	if err := tx.Exec(ctx, "UPDATE pages SET revision = $2 WHERE id = $1", source, chunks.NewRevision()); err != nil {
		return err
	}
	if _, err := pinTable.Save(ctx, tx, page, pins); err != nil {
		return err
	}
	if _, err := orderTable.Save(ctx, tx, page, order); err != nil {
		return err
	}
	for device, old := range hidden {
		if err := hideAlike(ctx, tx, page, source, device, old, links); err != nil {
			return err
		}
	}
	return nil
}

// hideAlike hides from a device what it had hidden where the messages come from.
func hideAlike(ctx context.Context, tx database.Querier, page, source int64, device string, old map[imap.UID]struct{}, links []translate.Link) error {
	var hide []imap.UID
	for _, l := range links {
		if _, ok := old[l.Old]; ok {
			hide = append(hide, l.New)
		}
	}
	if len(hide) == 0 {
		return nil
	}
	err := tx.Exec(ctx, `INSERT INTO page_devices (page_id, device, first_login, last_login)
		SELECT $1, device, first_login, last_login FROM page_devices WHERE page_id = $2 AND device = $3
		ON CONFLICT (page_id, device) DO NOTHING`, page, source, device)
	if err != nil {
		return err
	}
	return editHidden(ctx, tx, page, device, func(set map[imap.UID]struct{}) {
		for _, uid := range hide {
			set[uid] = struct{}{}
		}
	})
}
