package ledger

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// write is Record's transaction. It gives the snapshot as it is afterwards, nil
// where it has not changed.
func (p *Page) write(ctx context.Context, tx database.Querier, n news) (*mailboxes.Snapshot, error) {
	page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
	if err != nil {
		return nil, err
	}
	if n.opening && p.row.page != 0 && page.page != p.row.page {
		// It was removed since it was read: what was shown of it is not there any more.
		return nil, translate.Temporary(translate.ErrOvertaken)
	}
	box, err := p.mailbox.LockFor(ctx, tx, n.MailboxFacts)
	if err != nil {
		return nil, err
	}
	snap, err := p.mailbox.Write(ctx, tx, box, n.MailboxFacts)
	if err != nil {
		return nil, err
	}
	if snap != nil && n.Listing != nil {
		if err := forgetTaken(ctx, p.store.db, tx, box.ID, snap); err != nil {
			return nil, err
		}
	}
	if err := p.writePage(ctx, tx, page, box.ID, n); err != nil {
		return nil, err
	}
	if err := writeDeletions(ctx, tx, page.page, box.ID, n.Deletions); err != nil {
		return nil, err
	}
	if err := p.writeCopied(ctx, tx, box.ID, n.Facts); err != nil {
		return nil, err
	}
	if n.settled {
		err = p.forgetIntent(ctx, tx)
	}
	return snap, err
}

// writePage writes what belongs to the page and its device.
func (p *Page) writePage(ctx context.Context, tx database.Querier, page pageRow, mailbox int64, n news) error {
	if !page.boundTo(mailbox, n.UIDValidity) && n.UIDValidity != 0 {
		vacant, err := vacant(ctx, tx, page)
		if vacant && err == nil && page.mailbox == 0 && n.Formats == nil {
			// Before it is bound to a mailbox that was matched, its unique-ids have to
			// come over.
			var old mailboxes.Row
			old, err = mailboxes.MappedFrom(ctx, tx, mailbox, n.UIDValidity)
			vacant = old.ID == 0
		}
		switch {
		case err != nil:
			return err
		case vacant:
			if page, err = bind(ctx, tx, page, mailbox, n.UIDValidity); err != nil {
				return err
			}
		case len(n.hide) > 0 || len(n.Pins) > 0 || n.Formats != nil:
			return errMoved
		}
	} else if n.unseen {
		if err := sawAll(ctx, tx, page); err != nil {
			return err
		}
	}
	if n.Formats != nil && page.formats != n.formats && page.formats != p.row.formats && page.formats != "" {
		// They were made of spans that another session has changed since, as after a
		// restored backup: what it wrote down has been shown to devices.
		return translate.Temporary(translate.ErrOvertaken)
	}
	pinned, err := pinTable.Save(ctx, tx, page.page, n.Pins)
	if err != nil {
		return err
	}
	identified, err := p.writeIdentities(ctx, tx, page.page, n)
	if err != nil {
		return err
	}
	if pinned || identified || n.Formats != nil {
		if n.Formats != nil {
			page.formats = n.formats
		}
		err := tx.Exec(ctx, "UPDATE pages SET formats = $2, revision = $3 WHERE id = $1", page.page, page.formats, chunks.NewRevision())
		if err != nil {
			return err
		}
	}
	if n.thaw {
		if err := thaw(ctx, tx, page.page); err != nil {
			return err
		}
	}
	if n.login {
		now := time.Now().UnixMilli()
		err := tx.Exec(ctx, `INSERT INTO page_devices (page_id, device, first_login, last_login, left_out) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (page_id, device) DO UPDATE SET last_login = excluded.last_login, left_out = excluded.left_out`, page.page, p.key.Device, now, now, n.leftOut)
		if err != nil {
			return err
		}
	}
	if n.watch {
		if err := p.store.Watches.LoggedIn(ctx, tx, p.key.Account, p.key.Device, p.key.Upstream, p.key.Expect); err != nil {
			return err
		}
	}
	if len(n.hide) == 0 {
		return nil
	}
	hide := func(set map[imap.UID]struct{}) { maps.Copy(set, n.hide) }
	err = editHidden(ctx, tx, page.page, p.key.Device, hide)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// A command has forgotten the device in the middle of its session.
	now := time.Now().UnixMilli()
	err = tx.Exec(ctx, "INSERT INTO page_devices (page_id, device, first_login, last_login) VALUES ($1, $2, $3, $4)", page.page, p.key.Device, now, now)
	if err != nil {
		return err
	}
	return editHidden(ctx, tx, page.page, p.key.Device, hide)
}

// sawAll refuses a login that was made up before another session had found messages
// again: their unique-ids would be others than devices know. It looks again.
func sawAll(ctx context.Context, tx database.Querier, page pageRow) error {
	var pinned bool
	if err := tx.Row(ctx, "SELECT EXISTS (SELECT 1 FROM "+pinTable.Name+" WHERE owner = $1)", page.page).Scan(&pinned); err != nil {
		return err
	}
	if pinned {
		return translate.Temporary(translate.ErrOvertaken)
	}
	return nil
}
