package notices

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"popbridge/proxy/ledger/database"
)

// Raise keeps news in a transaction; it does nothing where nobody is to be told.
func (s *Store) Raise(ctx context.Context, tx database.Querier, n News) error {
	if !s.wanted.Load() {
		return nil
	}
	now, err := s.now(ctx, tx)
	if err != nil {
		return err
	}
	subject := database.Name(n.Subject)
	if opposite := opposites[n.Kind]; opposite != "" {
		over, err := cancel(ctx, tx, opposite, subject, now)
		if err != nil || over {
			return err
		}
	}
	data, err := json.Marshal(n.Facts)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO notices (kind, subject, data, pending, times, first_at, at, next_at) VALUES ($1, $2, $3, true, 1, $4, $4, $4)
		ON CONFLICT (kind, subject) DO UPDATE SET data = excluded.data, at = excluded.at, pending = true,
			times = CASE WHEN notices.pending THEN notices.times + 1 ELSE 1 END,
			first_at = CASE WHEN notices.pending THEN notices.first_at ELSE excluded.first_at END,
			tries = CASE WHEN notices.pending THEN notices.tries ELSE 0 END,
			next_at = CASE WHEN notices.pending THEN notices.next_at WHEN notices.sent_at + $5 > excluded.at THEN notices.sent_at + $5 ELSE excluded.at END`,
		string(n.Kind), subject, database.Readable(string(data)), now, max(s.interval.Load(), n.Every.Milliseconds()))
}

// cancel takes news back that nobody was told of, since its kind was told of shortly before.
func cancel(ctx context.Context, tx database.Querier, kind Kind, subject string, now int64) (over bool, err error) {
	var one string
	err = tx.Row(ctx, "UPDATE notices SET pending = false WHERE kind = $1 AND subject = $2 AND pending AND tries = 0 AND next_at > $3 AND claimed_until <= $3 RETURNING kind",
		string(kind), subject, now).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Keep is Raise in a transaction of its own.
func (s *Store) Keep(ctx context.Context, list ...News) error {
	if !s.wanted.Load() || len(list) == 0 {
		return nil
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		for _, n := range list {
			if err := s.Raise(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	}))
}
