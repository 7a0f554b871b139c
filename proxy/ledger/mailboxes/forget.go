package mailboxes

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Sweep forgets the listings of a mailbox under each UIDVALIDITY that is neither
// its newest nor one that a page or a mapping still refers to.
func Sweep(ctx context.Context, tx database.Querier, mailbox int64) error {
	return tx.Exec(ctx, `DELETE FROM snapshots WHERE mailbox_id = $1
		AND uidvalidity <> (SELECT m.uidvalidity FROM mailboxes m WHERE m.id = $1)
		AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = snapshots.mailbox_id AND p.uidvalidity = snapshots.uidvalidity)
		AND NOT EXISTS (SELECT 1 FROM matches x WHERE x.old_mailbox_id = snapshots.mailbox_id AND x.old_uidvalidity = snapshots.uidvalidity
			OR x.new_mailbox_id = snapshots.mailbox_id AND x.new_uidvalidity = snapshots.uidvalidity)`, mailbox)
}

// Abandon forgets a mailbox that no page is served from any more and no mapping
// speaks of, and otherwise sweeps it.
func Abandon(ctx context.Context, tx database.Querier, mailbox int64) error {
	err := tx.Exec(ctx, `DELETE FROM mailboxes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.mailbox_id = $1)
		AND NOT EXISTS (SELECT 1 FROM matches x WHERE x.old_mailbox_id = $1 OR x.new_mailbox_id = $1)`, mailbox)
	if err != nil {
		return err
	}
	return Sweep(ctx, tx, mailbox)
}

// ForgetFrom forgets the messages of a listing from a UID upwards, with what was
// measured and learned of them.
func (m *Mailbox) ForgetFrom(ctx context.Context, tx database.Querier, of Row, next imap.UID) error {
	old, err := m.store.Snapshot(ctx, tx, of)
	if database.IsDamage(err) {
		old, err = &Snapshot{ID: of.Snapshot, Listing: translate.Listing{UIDValidity: of.Validity}}, nil
	}
	if err != nil {
		return err
	}
	left := *old
	left.Listing.UIDNext, left.Listing.HighestModSeq = next, 0
	left.Listing.Entries = translate.Below(old.Listing.Entries, next)
	measure(&left, old, nil)
	if err := saveSnapshot(ctx, tx, of.ID, old, &left); err != nil {
		return err
	}
	if err := keyTable.DropFrom(ctx, tx, of.Snapshot, next); err != nil {
		return err
	}
	if err := printTable.DropFrom(ctx, tx, of.Snapshot, next); err != nil {
		return err
	}
	m.wrote = left.Revision
	return tx.Exec(ctx, "UPDATE snapshots SET keys_revision = $2 WHERE id = $1", of.Snapshot, chunks.NewRevision())
}

// Known gives the numbers of those mailboxes of which anything is known.
func Known(ctx context.Context, tx database.Querier, boxes []translate.Box) (mailboxes []int64, err error) {
	for _, box := range boxes {
		known, err := readRow(ctx, tx, box)
		if err != nil {
			return nil, err
		}
		if known.ID != 0 {
			mailboxes = append(mailboxes, known.ID)
		}
	}
	return mailboxes, nil
}
