package watches

import (
	"context"
	"database/sql"
	"errors"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Ask has a device expected so often, whatever its route says. Its time begins now where
// it was not watched before.
func (s *Store) Ask(ctx context.Context, account, device string, want translate.Expect) error {
	account, device = database.Name(account), database.Name(device)
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		r := row{account: account, device: device, began: now}
		if err := r.read(ctx, tx); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		m, err := readMarks(ctx, tx)
		if err != nil {
			return err
		}
		if wants(r.asked, r.route).Never() {
			r.began = now
		}
		due := dueAt(want, m.since(max(r.lastLogin, r.began), r.upstream), r.habit)
		return tx.Exec(ctx, `INSERT INTO watches (account, device, asked, began, due) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, device) DO UPDATE SET asked = excluded.asked, began = excluded.began, due = excluded.due, overdue_at = 0`,
			account, device, want.Number(), r.began, due)
	}))
}

// Drop forgets what is expected of a device, or where it is nil of all of an account's,
// within a transaction. The account's name is the database's.
func Drop(ctx context.Context, tx database.Querier, account string, device *string) error {
	if device == nil {
		return tx.Exec(ctx, "DELETE FROM watches WHERE account = $1", account)
	}
	return tx.Exec(ctx, "DELETE FROM watches WHERE account = $1 AND device = $2", account, *device)
}
