package ledger

import (
	"context"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// RollBack makes a mailbox's UIDs from now's UIDNEXT upwards new ones, after it was
// rolled back to that under one UIDVALIDITY: what was hidden, pinned, measured or
// learned of messages that had them is forgotten, for every page that is bound to
// the mailbox, and messages that get them have other unique-ids than were shown. It
// does so once, whoever notices first. Where another session has listed the mailbox
// since the ledger was read that now was compared with, now may be older than that
// listing, and proves nothing: translate.ErrOvertaken.
func (p *Page) RollBack(ctx context.Context, now translate.Listing) error {
	return p.ask(ctx, func(ctx context.Context) error { return p.rollBack(ctx, now) })
}

func (p *Page) rollBack(ctx context.Context, now translate.Listing) error {
	validity, next := now.UIDValidity, now.UIDNext
	err := p.commit(ctx, func(tx database.Querier) error {
		pages, err := boundPages(ctx, tx, p.mailbox.Row.ID, validity)
		if err != nil {
			return err
		}
		box, err := p.mailbox.Lock(ctx, tx)
		if err != nil {
			return err
		}
		old, err := mailboxes.RowAt(ctx, tx, box.ID, validity)
		if err != nil || old.Snapshot == 0 || old.Next <= next {
			return err // somebody else was first
		}
		if old.Revision != now.Revision {
			return translate.Temporary(translate.ErrOvertaken)
		}
		for _, page := range pages {
			if err := rollBackPage(ctx, tx, page, next, old.Next); err != nil {
				return err
			}
		}
		if err := tx.Exec(ctx, "DELETE FROM copies WHERE mailbox_id = $1 AND uidvalidity = $2 AND uid >= $3", box.ID, int64(validity), int64(next)); err != nil {
			return err
		}
		return p.mailbox.ForgetFrom(ctx, tx, old, next)
	})
	if err == nil {
		if err = p.mailbox.Refresh(ctx); err == nil {
			err = p.readRow(ctx)
		}
	}
	return err
}

// boundPages locks the pages that hold for these UIDs.
func boundPages(ctx context.Context, tx database.Querier, mailbox int64, validity uint32) (pages []pageRow, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var l pageRow
		err := scan(&l.page, &l.formats)
		pages = append(pages, l)
		return err
	}, "UPDATE pages SET account = account WHERE mailbox_id = $1 AND uidvalidity = $2 RETURNING id, formats", mailbox, int64(validity))
	return pages, err
}

// rollBackPage forgets what a page holds of UIDs from next upwards, and gives those
// below was other unique-ids.
func rollBackPage(ctx context.Context, tx database.Querier, page pageRow, next, was imap.UID) error {
	spans, err := decodeFormats(page.formats)
	if err != nil {
		return err
	}
	formats, err := encodeFormats(translate.Reissue(spans, next, was, translate.Salt(time.Now().UnixMilli())))
	if err != nil {
		return err
	}
	if err := pinTable.DropFrom(ctx, tx, page.page, next); err != nil {
		return err
	}
	if err := orderTable.DropFrom(ctx, tx, page.page, next); err != nil {
		return err
	}
	if err := identityTable.DropFrom(ctx, tx, page.page, next); err != nil {
		return err
	}
	hidden, err := hiddenSets(ctx, tx, page.page)
	if err != nil {
		return err
	}
	for device := range hidden {
		err := editHidden(ctx, tx, page.page, device, func(set map[imap.UID]struct{}) {
			maps.DeleteFunc(set, func(uid imap.UID, _ struct{}) bool { return uid >= next })
		})
		if err != nil {
			return err
		}
	}
	return tx.Exec(ctx, "UPDATE pages SET formats = $2, revision = $3 WHERE id = $1", page.page, formats, chunks.NewRevision())
}
