package ledger

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// writeDeletions adds to the journal.
func writeDeletions(ctx context.Context, tx database.Querier, page, mailbox int64, deletions []translate.Deletion) error {
	for _, d := range deletions {
		err := tx.Exec(ctx, `INSERT INTO deletions (page_id, mailbox_id, at, device, client, uidvalidity, uid, unique_id, message_id, octets, action, target, target_validity, target_uid)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			page, mailbox, d.At.UnixMilli(), database.Name(d.Device), database.Readable(d.Client), int64(d.UIDValidity), int64(d.UID), database.Name(d.UniqueID),
			database.Readable(d.MessageID), d.Octets, d.Action.String(), database.Readable(d.To), int64(d.ToValidity), int64(d.ToUID))
		if err != nil {
			return err
		}
	}
	return nil
}

// Taken gives those of some messages of this UIDVALIDITY that the journal says a device
// has had taken out of the mailbox, of whichever maildrop.
func (p *Page) Taken(ctx context.Context, validity uint32, uids imap.UIDSet) (away imap.UIDSet, err error) {
	err = p.ask(ctx, func(ctx context.Context) error {
		in := translate.Member(uids)
		return p.store.db.View().Each(ctx, func(scan func(...any) error) error {
			var uid imap.UID
			if err := scan(&uid); err != nil {
				return err
			}
			if in(uid) {
				away.AddNum(uid)
			}
			return nil
		}, "SELECT uid FROM deletions WHERE mailbox_id = $1 AND uidvalidity = $2 AND action NOT IN ("+staying()+")", p.mailbox.Row.ID, int64(validity))
	})
	return away, err
}

// forgetTaken bounds the journal of a ledger in memory, which nobody can read: a line
// is needed as long as its message may be looked for among those that have vanished,
// or it would be found again in a copy that comes later.
func forgetTaken(ctx context.Context, db *database.DB, tx database.Querier, mailbox int64, now *mailboxes.Snapshot) error {
	if db.Durable() {
		return nil
	}
	var lines []int64
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var line int64
		var uid imap.UID
		err := scan(&line, &uid)
		if _, there := now.Entry(uid); !there {
			lines = append(lines, line)
		}
		return err
	}, "SELECT id, uid FROM deletions WHERE mailbox_id = $1 AND uidvalidity = $2", mailbox, int64(now.Listing.UIDValidity))
	for _, line := range lines {
		if err == nil {
			err = tx.Exec(ctx, "DELETE FROM deletions WHERE id = $1", line)
		}
	}
	return err
}

// Filter chooses lines of the journal; its zero value chooses all.
type Filter struct {
	Since     time.Time
	MessageID string
	ID        string  // the message's unique-id, or its Message-ID with or without its brackets
	Device    *string // nil: of every device
	Last      int     // only so many, the newest; 0: no bound
	Before    int64   // only lines that were written before this one; 0: all
	Line      int64   // only this line; 0: all
}

// Entry is a line of the journal with the mailbox that it speaks of. The
// mailbox's names are empty where it has been forgotten since.
type Entry struct {
	translate.Deletion
	Line                     int64     // names the line, for MarkRestored
	Restored                 time.Time // when the message was brought back; zero for not
	Maildrop                 string
	Page                     string // as Unhide and PinNew name the mailbox's part of the maildrop
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
		device = database.Name(*f.Device)
	}
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var e Entry
		var at, restored int64
		var action string
		err := scan(&e.Line, &restored, &at, &e.Device, &e.Client, &e.UIDValidity, &e.UID, &e.UniqueID, &e.MessageID, &e.Octets, &action, &e.To, &e.ToValidity, &e.ToUID,
			&e.Page, &e.Upstream, &e.Login, &e.Mailbox)
		if err != nil {
			return err
		}
		e.At, e.Restored, e.Device, e.Page = database.Moment(at), database.Moment(restored), database.Unname(e.Device), database.Unname(e.Page)
		e.Maildrop = mainMaildrop(e.Page)
		e.UniqueID, e.Upstream, e.Login, e.Mailbox = database.Unname(e.UniqueID), database.Unname(e.Upstream), database.Unname(e.Login), database.Unname(e.Mailbox)
		entries = append(entries, e)
		return entries[len(entries)-1].Action.UnmarshalText([]byte(action))
	}, `SELECT e.id, e.restored_at, e.at, e.device, e.client, e.uidvalidity, e.uid, e.unique_id, e.message_id, e.octets, e.action, e.target, e.target_validity, e.target_uid,
			p.maildrop, COALESCE(m.upstream, ''), COALESCE(m.login, ''), COALESCE(m.mailbox, '')
		FROM pages p JOIN deletions e ON e.page_id = p.id LEFT JOIN mailboxes m ON m.id = e.mailbox_id
		WHERE p.account = $1 AND e.at >= $2 AND ($3 = '' OR e.message_id = $3) AND ($4 = 0 OR e.device = $5)
			AND e.id < $6 AND ($7 = 0 OR e.id = $7)
			AND ($9 = '' OR e.unique_id = $10 OR e.message_id IN ($9, '<' || $9 || '>')) ORDER BY e.id DESC LIMIT $8`,
		database.Name(account), since, database.Readable(f.MessageID), flag(f.Device != nil), device, cmp.Or(f.Before, math.MaxInt64), f.Line, cmp.Or(int64(f.Last), math.MaxInt64),
		database.Readable(f.ID), database.Name(f.ID))
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Line, b.Line)) })
	return entries, s.db.Explain(err)
}

// MarkRestored notes in the journal that the messages of some lines were brought
// back. Lines that are noted already, or forgotten since, are left as they are.
func (s *Store) MarkRestored(ctx context.Context, lines ...int64) error {
	now := time.Now().UnixMilli()
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		for _, line := range lines {
			if err := tx.Exec(ctx, "UPDATE deletions SET restored_at = $2 WHERE id = $1 AND restored_at = 0", line, now); err != nil {
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
