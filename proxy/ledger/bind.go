package ledger

import (
	"context"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
)

// vacant reports whether nothing would be lost if the page belonged to other
// UIDs from now on: it never was served, or its mailbox was empty.
func vacant(ctx context.Context, tx database.Querier, page pageRow) (bool, error) {
	if page.mailbox == 0 {
		return true, nil
	}
	old, err := mailboxes.RowAt(ctx, tx, page.mailbox, page.validity)
	return old.Messages == 0, err
}

// bind makes the page one of (mailbox, validity). What it held for other UIDs
// goes; what was put there before it was ever served stays.
func bind(ctx context.Context, tx database.Querier, page pageRow, mailbox int64, validity uint32) (pageRow, error) {
	if page.mailbox != 0 {
		if err := pinTable.Clear(ctx, tx, page.page); err != nil {
			return page, err
		}
		if err := orderTable.Clear(ctx, tx, page.page); err != nil {
			return page, err
		}
		if err := identityTable.Clear(ctx, tx, page.page); err != nil {
			return page, err
		}
		if err := tx.Exec(ctx, "UPDATE page_devices SET hidden = NULL, revision = $2 WHERE page_id = $1", page.page, chunks.NewRevision()); err != nil {
			return page, err
		}
		page.formats = ""
	}
	oldMailbox := page.mailbox
	page.mailbox, page.validity, page.revision = mailbox, validity, chunks.NewRevision()
	err := tx.Exec(ctx, "UPDATE pages SET mailbox_id = $2, uidvalidity = $3, formats = $4, revision = $5 WHERE id = $1",
		page.page, mailbox, int64(validity), page.formats, page.revision)
	switch {
	case err != nil || oldMailbox == 0:
		return page, err
	case oldMailbox == mailbox:
		return page, mailboxes.Sweep(ctx, tx, mailbox)
	default:
		return page, mailboxes.Abandon(ctx, tx, oldMailbox)
	}
}
