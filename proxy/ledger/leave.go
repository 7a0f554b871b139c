package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Leave keeps messages of the mailbox that the page is bound to until now on a page of
// their own, like that of a mailbox which has vanished: Relink gives this page to another
// mailbox, and they may lie in the others that the maildrop shows.
func (p *Page) Leave(ctx context.Context, left []translate.Remembered) error {
	return p.ask(ctx, func(ctx context.Context) error {
		return p.commit(ctx, func(tx database.Querier) error { return p.leave(ctx, tx, left) })
	})
}

func (p *Page) leave(ctx context.Context, tx database.Querier, left []translate.Remembered) error {
	page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
	if err != nil || page.mailbox == 0 || p.from == nil || page.identity() != *p.from {
		return err // another session was first, or there is nothing to leave
	}
	name := mainMaildrop(p.key.Maildrop) + besideMark + besideMark + fmt.Sprintf("%d.%d", page.mailbox, page.validity)
	vanished, err := lockPage(ctx, tx, p.key.Account, name)
	if err != nil {
		return err
	}
	pins, order := make(map[imap.UID]string, len(left)), make(map[imap.UID]int)
	identities, links := make(map[imap.UID]translate.Identity, len(left)), make([]translate.Link, len(left))
	for i, m := range left {
		pins[m.UID], identities[m.UID] = m.UniqueID, translate.Identity{Key: m.Key, Octets: m.Octets}
		if m.Order != 0 {
			order[m.UID] = m.Order
		}
		links[i] = translate.Link{Old: m.UID, New: m.UID}
	}
	if _, err := pinTable.Save(ctx, tx, vanished.page, pins); err != nil {
		return err
	}
	if _, err := orderTable.Save(ctx, tx, vanished.page, order); err != nil {
		return err
	}
	if _, err := identityTable.Save(ctx, tx, vanished.page, identities); err != nil {
		return err
	}
	hidden, err := hiddenSets(ctx, tx, page.page)
	if err != nil {
		return err
	}
	for device, set := range hidden {
		if err := hideAlike(ctx, tx, vanished.page, page.page, device, set, links); err != nil {
			return err
		}
	}
	// From now on it is kept for a while, see SweepPages.
	err = tx.Exec(ctx, `INSERT INTO page_devices (page_id, device, first_login, last_login) SELECT $1, device, first_login, $3 FROM page_devices WHERE page_id = $2
		ON CONFLICT (page_id, device) DO UPDATE SET last_login = excluded.last_login`, vanished.page, page.page, time.Now().UnixMilli())
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE pages SET mailbox_id = $2, uidvalidity = $3, revision = $4 WHERE id = $1", vanished.page, page.mailbox, int64(page.validity), chunks.NewRevision())
}
