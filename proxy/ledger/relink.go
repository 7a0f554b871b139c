package ledger

import (
	"cmp"
	"context"
	"maps"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Relink gives the page to this mailbox and validity, in one transaction: new
// UIDs get the unique-ids of the messages that they are, what devices have
// hidden stays hidden under the new UIDs, and an operator's agreement to new
// unique-ids is used up. span replaces the formats; nil leaves them as they are
// where only UIDs have changed. It does nothing where another session has found the
// messages again since Previous or Gone told what they were, and leaves those alone
// that another has linked already: what links was made of is gone by then.
func (p *Page) Relink(ctx context.Context, validity uint32, links []translate.Link, span []translate.Span) error {
	formats, err := encodeFormats(span)
	if err != nil {
		return err
	}
	return p.ask(ctx, func(ctx context.Context) error { return p.relink(ctx, validity, links, formats) })
}

func (p *Page) relink(ctx context.Context, validity uint32, links []translate.Link, formats string) error {
	err := p.commit(ctx, func(tx database.Querier) error {
		page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
		if err != nil {
			return err
		}
		box, err := p.mailbox.Lock(ctx, tx)
		if err != nil {
			return err
		}
		from := p.row.identity()
		if p.from != nil {
			from = *p.from
		}
		if page.boundTo(box.ID, validity) && page.identity() != from {
			return nil // another session has found the messages again meanwhile
		}
		if err := relinkPage(ctx, tx, page, box.ID, validity, links, formats); err != nil || p.store.db.Durable() {
			return err
		}
		// The journal of other UIDs has told what it could, see forgetTaken.
		return tx.Exec(ctx, "DELETE FROM deletions WHERE page_id = $1 AND NOT (mailbox_id = $2 AND uidvalidity = $3)", page.page, box.ID, int64(validity))
	})
	if err == nil {
		err = p.reread(ctx, nil)
	}
	return err
}

// relinkPage is Relink of a page whose row is locked.
func relinkPage(ctx context.Context, tx database.Querier, page pageRow, mailbox int64, validity uint32, links []translate.Link, formats string) error {
	moved := !page.boundTo(mailbox, validity)
	hidden, err := hiddenSets(ctx, tx, page.page)
	if err != nil {
		return err
	}
	if moved {
		if err := tx.Exec(ctx, "DELETE FROM intents WHERE page_id = $1 AND mailbox_id = $2 AND uidvalidity = $3", page.page, page.mailbox, int64(page.validity)); err != nil {
			return err
		}
		if page, err = bind(ctx, tx, page, mailbox, validity); err != nil {
			return err
		}
	}
	if !moved {
		if links, err = unlinked(ctx, tx, page.page, links); err != nil {
			return err
		}
	}
	// What the old UID was pinned to is the new one's now. A message that comes
	// back under it would have the unique-id a second time.
	pins, left := make(map[imap.UID]string, len(links)), make([]imap.UID, len(links))
	for i, l := range links {
		pins[l.New], left[i] = l.UniqueID, l.Old
	}
	if !moved {
		if err := pinTable.Drop(ctx, tx, page.page, left); err != nil {
			return err
		}
		if err := identityTable.Drop(ctx, tx, page.page, left); err != nil {
			return err
		}
	}
	if _, err := pinTable.Save(ctx, tx, page.page, pins); err != nil {
		return err
	}
	order := translate.Places(links)
	if !moved {
		order = places(links)
	}
	if _, err := orderTable.Save(ctx, tx, page.page, order); err != nil {
		return err
	}
	for device, old := range hidden {
		err := editHidden(ctx, tx, page.page, device, func(set map[imap.UID]struct{}) {
			for _, l := range links {
				if _, ok := old[l.Old]; ok {
					set[l.New] = struct{}{}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	if formats == "" && !moved {
		formats = page.formats
	}
	if err := thaw(ctx, tx, page.page); err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE pages SET formats = $2, revision = $3, accept_new_ids = false WHERE id = $1", page.page, formats, chunks.NewRevision())
}

// unlinked leaves out the messages that another session has given a unique-id under
// their new UIDs: one that is pinned there, and not by a message that leaves it.
func unlinked(ctx context.Context, tx database.Querier, page int64, links []translate.Link) ([]translate.Link, error) {
	fresh, leaving := make(map[imap.UID]struct{}), make(map[imap.UID]struct{})
	for _, l := range links {
		fresh[l.New], leaving[l.Old] = struct{}{}, struct{}{}
	}
	pins, err := pinTable.Some(ctx, tx, page, maps.Keys(fresh))
	if err != nil {
		return nil, err
	}
	left := make([]translate.Link, 0, len(links))
	for _, l := range links {
		_, leaves := leaving[l.New]
		if _, ok := pins[l.New]; !ok || leaves {
			left = append(left, l)
		}
	}
	return left, nil
}

// places are those that messages keep among others that have stayed.
func places(links []translate.Link) map[imap.UID]int {
	kept := make(map[imap.UID]int)
	for _, l := range links {
		if at := cmp.Or(l.Place, l.Order); at != 0 {
			kept[l.New] = at
		}
	}
	return kept
}
