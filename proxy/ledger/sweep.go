package ledger

import (
	"context"
	"time"

	"popbridge/proxy/ledger/database"
)

const (
	// sweepInterval is how often old lines leave the journal.
	sweepInterval = 24 * time.Hour
	// sweptAtOnce is how many lines leave in one transaction, so that no login
	// waits for all of them.
	sweptAtOnce = 1000
)

// KeepJournal removes lines of the journal that are older than keep, now and once
// a day, until ctx ends. Where the ledger does not answer, the next day will do.
func (s *Store) KeepJournal(ctx context.Context, keep time.Duration) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		lines, err := s.SweepJournal(ctx, time.Now().Add(-keep))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.db.Log("warn", "old lines of the journal of deletions could not be removed", "error", err)
		case lines > 0:
			s.db.Log("info", "old lines of the journal of deletions were removed", "lines", lines)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// SweepJournal removes lines of the journal from before a time and gives their
// number. Lines are written in the order of their time, but for those of a QUIT
// that was settled later; these may stay a little longer. Lines from a time that is
// still to come were written while a clock was ahead: they are kept, and what lies
// behind them is looked at all the same.
func (s *Store) SweepJournal(ctx context.Context, before time.Time) (lines int64, err error) {
	done := int64(0) // the last line that was looked at
	for {
		var old, ahead, last int64 // of a batch of the oldest lines
		err := s.db.Update(ctx, func(tx database.Querier) error {
			err := tx.Row(ctx, `SELECT COALESCE(SUM(CASE WHEN at < $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN at > $2 THEN 1 ELSE 0 END), 0), COALESCE(MAX(id), 0)
				FROM (SELECT id, at FROM deletions WHERE id > $3 ORDER BY id LIMIT $4) AS o`,
				before.UnixMilli(), time.Now().Add(sweepInterval).UnixMilli(), done, sweptAtOnce).Scan(&old, &ahead, &last)
			if err != nil || old == 0 {
				return err
			}
			return tx.Exec(ctx, "DELETE FROM deletions WHERE id > $1 AND id <= $2 AND at < $3", done, last, before.UnixMilli())
		})
		if err != nil {
			return lines, s.db.Explain(err)
		}
		if lines += old; old+ahead < sweptAtOnce {
			return lines, nil
		}
		done = last
	}
}
