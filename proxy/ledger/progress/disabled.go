package progress

import (
	"context"
	"database/sql"
	"errors"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
)

// Disable lets nobody log in to an account any more, and has proxies end its sessions;
// why is an operator's note. It reports whether the account was disabled before: then
// its note is replaced, and since when it is so stays.
func (s *Store) Disable(ctx context.Context, account, why string) (before bool, err error) {
	err = s.db.Update(ctx, func(tx database.Querier) error {
		var since int64
		if err := tx.Row(ctx, "SELECT disabled_at FROM moves WHERE account = $1", database.Name(account)).Scan(&since); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		before = since > 0
		err := tx.Exec(ctx, `INSERT INTO moves (account, disabled_at, disabled_why) VALUES ($1, `+s.db.Now()+`, $2)
			ON CONFLICT (account) DO UPDATE SET disabled_why = excluded.disabled_why,
			disabled_at = CASE WHEN moves.disabled_at > 0 THEN moves.disabled_at ELSE excluded.disabled_at END`, database.Name(account), database.Name(why))
		if err != nil || !s.db.Durable() {
			return err
		}
		return events.Publish(ctx, tx, events.Event{Kind: events.Disabled, Account: account})
	})
	return before, s.db.Explain(err)
}

// Enable takes that back. It reports whether the account was disabled.
func (s *Store) Enable(ctx context.Context, account string) (before bool, err error) {
	err = s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, "UPDATE moves SET disabled_at = 0, disabled_why = '' WHERE account = $1 AND disabled_at > 0 RETURNING account", database.Name(account)).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			before = false
			return nil
		} else if err != nil {
			return err
		}
		before = true
		return tx.Exec(ctx, "DELETE FROM moves WHERE account = $1 AND moved_at = 0 AND worker = '' AND disabled_at = 0", database.Name(account))
	})
	return before, s.db.Explain(err)
}
