package mailboxes

import (
	"context"
	"math"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// saveSnapshot writes the chunks that differ from old, and sets what the
// database gives to next.
func saveSnapshot(ctx context.Context, tx database.Querier, mailbox int64, old, next *Snapshot) error {
	l := next.Listing
	var octets int64
	for _, e := range l.Entries {
		// An old server may say any number; the sum is for operators alone.
		octets += min(max(e.Size, 0), math.MaxInt64-octets)
	}
	next.Revision = chunks.NewRevision()
	err := tx.Row(ctx, `INSERT INTO snapshots (mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (mailbox_id, uidvalidity) DO UPDATE SET uidnext = excluded.uidnext, modseq = excluded.modseq,
			messages = excluded.messages, octets = excluded.octets, revision = excluded.revision RETURNING id`,
		mailbox, int64(l.UIDValidity), int64(l.UIDNext), int64(l.HighestModSeq), int64(len(l.Entries)), octets, next.Revision).Scan(&next.ID)
	if err != nil {
		return err
	}
	rows := cut(old, next)
	if old.bounds == nil || rows.anew {
		if err := tx.Exec(ctx, "DELETE FROM snapshot_entries WHERE owner = $1", next.ID); err != nil {
			return err
		}
	}
	for _, first := range rows.drop {
		if err := tx.Exec(ctx, "DELETE FROM snapshot_entries WHERE owner = $1 AND chunk = $2", next.ID, int64(first)); err != nil {
			return err
		}
	}
	for _, c := range rows.put {
		err := tx.Exec(ctx, "INSERT INTO snapshot_entries (owner, chunk, data) VALUES ($1, $2, $3) ON CONFLICT (owner, chunk) DO UPDATE SET data = excluded.data",
			next.ID, int64(c.first), translate.EncodeSnapshot(c.entries, next.Measured))
		if err != nil {
			return err
		}
	}
	return forgetContent(ctx, tx, old, next)
}

// forgetContent removes what is known of the content of chunks that hold no message
// any more.
func forgetContent(ctx context.Context, tx database.Querier, old, next *Snapshot) error {
	done := int64(-1)
	for _, e := range old.Listing.Entries {
		chunk := int64(e.UID / chunks.Size)
		if chunk == done {
			continue
		}
		done = chunk
		i, _ := find(next.Listing.Entries, imap.UID(chunk*chunks.Size))
		if i < len(next.Listing.Entries) && int64(next.Listing.Entries[i].UID/chunks.Size) == chunk {
			continue
		}
		for _, table := range []string{keyTable.Name, printTable.Name} {
			if err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE owner = $1 AND chunk = $2", next.ID, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}
