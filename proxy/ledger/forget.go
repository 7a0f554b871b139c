package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

// Forget removes an account with all that is remembered of it, its journal too,
// or fails with ErrUnknown. boxes are its mailboxes on any upstream: what was learned
// of them for a migration goes too, unless somebody else is served from them. Where
// an operator has moved the account to stays. Its devices begin anew at their next
// login.
func (s *Store) Forget(ctx context.Context, account string, boxes ...translate.Box) error {
	err := s.db.Update(ctx, func(tx database.Querier) error {
		served, known, err := remembered(ctx, tx, account, boxes)
		if err == nil && !known {
			err = fmt.Errorf("account %q: %w", account, ErrUnknown)
		}
		for _, table := range []string{"pages", "known_devices", "secrets", "milestones"} {
			if err == nil {
				err = tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1", database.Name(account))
			}
		}
		if err == nil {
			_, err = secrets.DropPasswords(ctx, tx, account, "")
		}
		if err == nil {
			err = tx.Exec(ctx, "DELETE FROM revoked_passwords WHERE account = $1", database.Name(account))
		}
		if err == nil {
			err = watches.Drop(ctx, tx, database.Name(account), nil)
		}
		for _, mailbox := range served {
			if err == nil {
				err = mailboxes.DropMappings(ctx, tx, mailbox)
			}
			if err == nil {
				err = mailboxes.Abandon(ctx, tx, mailbox)
			}
		}
		return err
	})
	return s.db.Explain(err)
}

// Remembers reports whether Forget would find anything.
func (s *Store) Remembers(ctx context.Context, account string, boxes ...translate.Box) (known bool, err error) {
	_, known, err = remembered(ctx, s.db.View(), account, boxes)
	return known, s.db.Explain(err)
}

// remembered reports whether anything is known of an account, and gives its mailboxes.
func remembered(ctx context.Context, c database.Querier, account string, boxes []translate.Box) (served []int64, known bool, err error) {
	served, err = mailboxes.Known(ctx, c, boxes)
	if err != nil {
		return nil, false, err
	}
	known = len(served) > 0
	err = c.Each(ctx, func(scan func(...any) error) error {
		var mailbox sql.NullInt64
		err := scan(&mailbox)
		known = true
		if mailbox.Valid {
			served = append(served, mailbox.Int64)
		}
		return err
	}, `SELECT mailbox_id FROM pages WHERE account = $1 UNION ALL SELECT NULL FROM known_devices WHERE account = $1
		UNION ALL SELECT NULL FROM secrets WHERE account = $1 UNION ALL SELECT NULL FROM milestones WHERE account = $1`, database.Name(account))
	return served, known, err
}
