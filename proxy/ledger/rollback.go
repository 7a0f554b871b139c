package ledger

import (
	"context"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// RollBack makes a mailbox's UIDs from now's UIDNEXT upwards new ones, after it was
// rolled back to that under one UIDVALIDITY: what was hidden, pinned, measured or
// learned of messages that had them is forgotten, for every page that is bound to
// the mailbox, and messages that get them have other unique-ids than were shown. It
// does so once, whoever notices first. Where another session has listed the mailbox
// since the ledger was read that now was compared with, now may be older than that
// listing, and proves nothing: translate.ErrOvertaken.
func (p *Page) RollBack(now translate.Listing) error {
	validity, next := now.UIDValidity, now.UIDNext
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	var wrote int64
	err := p.commit(ctx, func(tx statements) error {
		pages, err := boundPages(ctx, tx, p.shelf.mailbox, validity)
		if err != nil {
			return err
		}
		box, err := lockShelf(ctx, tx, p.key)
		if err != nil {
			return err
		}
		old, err := readOld(ctx, tx, box.mailbox, validity)
		if err != nil || old.snapshot == 0 || old.next <= next {
			return err // somebody else was first
		}
		if old.revision != now.Revision {
			return translate.Temporary(translate.ErrOvertaken)
		}
		for _, page := range pages {
			if err := rollBack(ctx, tx, page, next, old.next); err != nil {
				return err
			}
		}
		wrote, err = p.store.forgetFrom(ctx, tx, old, next)
		return err
	})
	if err == nil {
		p.wrote = wrote
		if err = p.readShelf(ctx); err == nil {
			err = p.readLeaf(ctx, p.store.db.view())
		}
	}
	return p.store.unavailable(err)
}

// boundPages locks the pages that hold for these UIDs.
func boundPages(ctx context.Context, tx statements, mailbox int64, validity uint32) (pages []leaf, err error) {
	err = tx.each(ctx, func(scan func(...any) error) error {
		var l leaf
		err := scan(&l.page, &l.formats)
		pages = append(pages, l)
		return err
	}, "UPDATE pages SET account = account WHERE mailbox_id = $1 AND uidvalidity = $2 RETURNING id, formats", mailbox, int64(validity))
	return pages, err
}

// rollBack forgets what a page holds of UIDs from next upwards, and gives those
// below was other unique-ids.
func rollBack(ctx context.Context, tx statements, page leaf, next, was imap.UID) error {
	spans, err := decodeFormats(page.formats)
	if err != nil {
		return err
	}
	formats, err := encodeFormats(translate.Reissue(spans, next, was, translate.Salt(time.Now().UnixMilli())))
	if err != nil {
		return err
	}
	if err := pinTable.dropFrom(ctx, tx, page.page, next); err != nil {
		return err
	}
	if err := orderTable.dropFrom(ctx, tx, page.page, next); err != nil {
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
	return tx.exec(ctx, "UPDATE pages SET formats = $2, revision = $3 WHERE id = $1", page.page, formats, newRevision())
}

// forgetFrom forgets the messages of a snapshot from next upwards, with what was
// measured and learned of them. It gives the new revision.
func (s *Store) forgetFrom(ctx context.Context, tx statements, of shelf, next imap.UID) (int64, error) {
	old, err := s.snapshot(ctx, tx, of)
	if isDamage(err) {
		old, err = &snapshot{id: of.snapshot, listing: translate.Listing{UIDValidity: of.validity}}, nil
	}
	if err != nil {
		return 0, err
	}
	left := *old
	left.listing.UIDNext, left.listing.HighestModSeq = next, 0
	left.listing.Entries = translate.Below(old.listing.Entries, next)
	measure(&left, old, nil)
	if err := s.saveSnapshot(ctx, tx, of.mailbox, old, &left); err != nil {
		return 0, err
	}
	if err := keyTable.dropFrom(ctx, tx, of.snapshot, next); err != nil {
		return 0, err
	}
	if err := printTable.dropFrom(ctx, tx, of.snapshot, next); err != nil {
		return 0, err
	}
	return left.revision, tx.exec(ctx, "UPDATE snapshots SET keys_revision = $2 WHERE id = $1", of.snapshot, newRevision())
}
