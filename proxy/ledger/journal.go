package ledger

import (
	"context"
	"strings"

	"popbridge/translate"
)

// The kinds of counters.
const (
	counterMismatches = "mismatches"
	counterGeneration = "generation"
)

// writeDeletions adds to the journal.
func (p *Page) writeDeletions(ctx context.Context, tx statements, page, mailbox int64, deletions []translate.Deletion) error {
	for _, d := range deletions {
		err := tx.exec(ctx, `INSERT INTO deletions (page_id, mailbox_id, at, device, client, uidvalidity, uid, unique_id, message_id, octets, action, target, target_validity, target_uid)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			page, mailbox, d.At.UnixMilli(), name(d.Device), readable(d.Client), int64(d.UIDValidity), int64(d.UID), readable(d.UniqueID),
			readable(d.MessageID), d.Octets, d.Action.String(), readable(d.To), int64(d.ToValidity), int64(d.ToUID))
		if err != nil {
			return err
		}
	}
	return nil
}

// readable is text that every database takes; what comes from a message may be
// anything.
func readable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// countMismatches counts sizes that were not as the upstream had announced.
func (p *Page) countMismatches(ctx context.Context, tx statements, mailbox int64, count int) error {
	if count == 0 {
		return nil
	}
	if err := tx.exec(ctx, "UPDATE mailboxes SET mismatches = mismatches + $2 WHERE id = $1", mailbox, int64(count)); err != nil {
		return err
	}
	return raise(ctx, tx, counterMismatches, p.key.Upstream, int64(count))
}

func raise(ctx context.Context, tx statements, kind, name string, by int64) error {
	return tx.exec(ctx, `INSERT INTO counters (kind, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET value = counters.value + excluded.value`, kind, name, by)
}
