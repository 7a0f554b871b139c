package ledger

import (
	"context"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// writeDeletions adds to the journal.
func (p *Page) writeDeletions(ctx context.Context, tx statements, page, mailbox int64, deletions []translate.Deletion) error {
	for _, d := range deletions {
		err := tx.exec(ctx, `INSERT INTO deletions (page_id, mailbox_id, at, device, client, uidvalidity, uid, unique_id, message_id, octets, action, target, target_validity, target_uid)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			page, mailbox, d.At.UnixMilli(), name(d.Device), readable(d.Client), int64(d.UIDValidity), int64(d.UID), name(d.UniqueID),
			readable(d.MessageID), d.Octets, d.Action.String(), readable(d.To), int64(d.ToValidity), int64(d.ToUID))
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetTaken bounds the journal of a ledger in memory, which nobody can read: a line
// is needed as long as its message may be looked for among those that have vanished,
// or it would be found again in a copy that comes later.
func (p *Page) forgetTaken(ctx context.Context, tx statements, mailbox int64, now translate.Listing) error {
	if p.store.kind != DriverMemory {
		return nil
	}
	var lines []int64
	err := tx.each(ctx, func(scan func(...any) error) error {
		var line int64
		var uid imap.UID
		err := scan(&line, &uid)
		if !has(now.Entries, uid) {
			lines = append(lines, line)
		}
		return err
	}, "SELECT id, uid FROM deletions WHERE mailbox_id = $1 AND uidvalidity = $2", mailbox, int64(now.UIDValidity))
	for _, line := range lines {
		if err == nil {
			err = tx.exec(ctx, "DELETE FROM deletions WHERE id = $1", line)
		}
	}
	return err
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
	return tx.exec(ctx, "UPDATE mailboxes SET mismatches = mismatches + $2 WHERE id = $1", mailbox, int64(count))
}

// raise adds to a counter and gives what it is then. The transaction holds its
// row until it ends.
func raise(ctx context.Context, tx statements, kind, name string, by int64) (value int64, err error) {
	err = tx.row(ctx, `INSERT INTO counters (kind, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET value = counters.value + excluded.value RETURNING value`, kind, name, by).Scan(&value)
	return value, err
}

// Filter chooses lines of the journal; its zero value chooses all.
type Filter struct {
	Since     time.Time
	MessageID string
	Device    *string // nil: of every device
}

// Entry is a line of the journal with the mailbox that it speaks of. The
// mailbox's names are empty where it has been forgotten since.
type Entry struct {
	translate.Deletion
	Line                     int64     // names the line, for MarkRestored
	Restored                 time.Time // when the message was brought back; zero for not
	Maildrop                 string
	Upstream, Login, Mailbox string
}

// Deletions gives the journal of an account, the oldest line first.
func (s *Store) Deletions(ctx context.Context, account string, f Filter) (entries []Entry, err error) {
	var since int64
	if !f.Since.IsZero() {
		since = f.Since.UnixMilli()
	}
	device := ""
	if f.Device != nil {
		device = name(*f.Device)
	}
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var e Entry
		var at, restored int64
		var action string
		err := scan(&e.Line, &restored, &at, &e.Device, &e.Client, &e.UIDValidity, &e.UID, &e.UniqueID, &e.MessageID, &e.Octets, &action, &e.To, &e.ToValidity, &e.ToUID,
			&e.Maildrop, &e.Upstream, &e.Login, &e.Mailbox)
		if err != nil {
			return err
		}
		e.At, e.Restored, e.Device, e.Maildrop = moment(at), moment(restored), unname(e.Device), unname(e.Maildrop)
		e.UniqueID, e.Upstream, e.Login, e.Mailbox = unname(e.UniqueID), unname(e.Upstream), unname(e.Login), unname(e.Mailbox)
		entries = append(entries, e)
		return entries[len(entries)-1].Action.UnmarshalText([]byte(action))
	}, `SELECT e.id, e.restored_at, e.at, e.device, e.client, e.uidvalidity, e.uid, e.unique_id, e.message_id, e.octets, e.action, e.target, e.target_validity, e.target_uid,
			p.maildrop, COALESCE(m.upstream, ''), COALESCE(m.login, ''), COALESCE(m.mailbox, '')
		FROM pages p JOIN deletions e ON e.page_id = p.id LEFT JOIN mailboxes m ON m.id = e.mailbox_id
		WHERE p.account = $1 AND e.at >= $2 AND ($3 = '' OR e.message_id = $3) AND ($4 = 0 OR e.device = $5) ORDER BY e.at, e.id`,
		name(account), since, readable(f.MessageID), flag(f.Device != nil), device)
	return entries, s.scrub(err)
}

// MarkRestored notes in the journal that the messages of some lines were brought
// back. Lines that are noted already, or forgotten since, are left as they are.
func (s *Store) MarkRestored(ctx context.Context, lines ...int64) error {
	now := time.Now().UnixMilli()
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		for _, line := range lines {
			if err := tx.exec(ctx, "UPDATE deletions SET restored_at = $2 WHERE id = $1 AND restored_at = 0", line, now); err != nil {
				return err
			}
		}
		return nil
	}))
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
