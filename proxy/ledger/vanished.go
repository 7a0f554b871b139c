package ledger

import (
	"context"
	"database/sql"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
)

// VanishedKept is how long the page of a mailbox is kept that its maildrop shows no more,
// as one that was renamed, rebuilt, or left on another server: as long as that it may come
// back and has its unique-ids and what devices have hidden, and its messages are recognised
// in the others.
const VanishedKept = 180 * 24 * time.Hour

// KeepPages removes the pages of vanished mailboxes when their time is over, now and once a
// day, until ctx ends. Where the ledger does not answer, the next day will do.
func (s *Store) KeepPages(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		pages, err := s.SweepPages(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.db.Log("warn", "what is remembered of mailboxes that have vanished could not be removed", "error", err)
		case pages > 0:
			s.db.Log("info", "what is remembered of mailboxes that have vanished was removed", "mailboxes", pages)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// vanished is the page of a mailbox that no login has been shown for long.
type vanished struct {
	page, last        int64 // last: milliseconds since 1970
	mailbox           sql.NullInt64
	account, maildrop string
}

// SweepPages removes the pages of mailboxes beside the first of a maildrop that no login has
// shown for VanishedKept, and gives their number. It is logins that prove it: those of the
// same maildrop have gone on for as long without the mailbox. An account that nobody uses
// loses nothing, however long that is, and nothing goes that the journal or an interrupted
// QUIT speaks of.
func (s *Store) SweepPages(ctx context.Context) (removed int, err error) {
	now := time.Now()
	var old []vanished
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var v vanished
		err := scan(&v.page, &v.mailbox, &v.account, &v.maildrop, &v.last)
		old = append(old, v)
		return err
	}, `SELECT p.id, p.mailbox_id, p.account, p.maildrop, MAX(d.last_login) FROM pages p JOIN page_devices d ON d.page_id = p.id
		WHERE replace(p.maildrop, $1, '') <> p.maildrop
			AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.page_id = p.id) AND NOT EXISTS (SELECT 1 FROM deletions e WHERE e.page_id = p.id)
		GROUP BY p.id, p.mailbox_id, p.account, p.maildrop HAVING MAX(d.last_login) < $2`, besideMark, now.Add(-VanishedKept).UnixMilli())
	for _, v := range old {
		if err != nil {
			break
		}
		err = s.db.Update(ctx, func(tx database.Querier) error {
			gone, err := v.remove(ctx, tx, now)
			if gone {
				removed++
			}
			return err
		})
	}
	return removed, s.db.Explain(err)
}

// remove removes the page, if it is still one of a mailbox that has vanished.
func (v vanished) remove(ctx context.Context, tx database.Querier, now time.Time) (gone bool, err error) {
	if err := tx.Exec(ctx, "UPDATE pages SET account = account WHERE id = $1", v.page); err != nil {
		return false, err
	}
	var shown, since int64 // last logins: with this mailbox, and with the maildrop, but for those of a clock that was ahead
	err = tx.Row(ctx, `SELECT COALESCE((SELECT MAX(d.last_login) FROM page_devices d WHERE d.page_id = $1), 0),
			COALESCE((SELECT MAX(d.last_login) FROM pages m JOIN page_devices d ON d.page_id = m.id WHERE m.account = $2 AND m.maildrop = $3 AND d.last_login <= $4), 0)`,
		v.page, v.account, mainMaildrop(v.maildrop), now.UnixMilli()).Scan(&shown, &since)
	if err != nil || shown != v.last || since-shown < VanishedKept.Milliseconds() {
		return false, err
	}
	err = tx.Exec(ctx, `DELETE FROM pages WHERE id = $1
		AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.page_id = $1) AND NOT EXISTS (SELECT 1 FROM deletions e WHERE e.page_id = $1)`, v.page)
	if err == nil && v.mailbox.Valid {
		err = mailboxes.Abandon(ctx, tx, v.mailbox.Int64)
	}
	return err == nil, err
}
