package watches

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"popbridge/proxy/ledger/database"
)

// forgetAway forgets that this proxy cannot reach an upstream, and proxies that have ended.
// When nobody is left who cannot, operators hear of it who were told that it is away.
func (s *Store) forgetAway(ctx context.Context, tx database.Querier, upstream string, now int64) error {
	told, since := false, int64(0)
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var was bool
		var began int64
		err := scan(&was, &began)
		told = told || was
		if since == 0 || began < since {
			since = began
		}
		return err
	}, "DELETE FROM upstreams_away WHERE upstream = $1 AND (proxy = $2 OR seen_at < $3) RETURNING told, away_since", upstream, s.proxy, now-markLost.Milliseconds())
	if err != nil || !told {
		return err
	}
	var others bool
	if err := tx.Row(ctx, "SELECT EXISTS (SELECT 1 FROM upstreams_away WHERE upstream = $1)", upstream).Scan(&others); err != nil || others {
		return err
	}
	return s.tell(ctx, tx, Change{Upstream: upstream, Since: database.Moment(since), Back: true})
}

// TellAway tells operators of an upstream that has been away for so long, once.
func (s *Store) TellAway(ctx context.Context, upstream string, after time.Duration) error {
	err := s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		var since int64
		err = tx.Row(ctx, "SELECT MIN(away_since) FROM upstreams_away WHERE upstream = $1 AND NOT told HAVING MIN(away_since) <= $2", upstream, now-after.Milliseconds()).Scan(&since)
		if err != nil {
			return err
		}
		var one string
		if err = tx.Row(ctx, "UPDATE upstreams_away SET told = true WHERE upstream = $1 AND away_since = $2 AND NOT told RETURNING upstream", upstream, since).Scan(&one); err != nil {
			return err
		}
		if err := tx.Exec(ctx, "UPDATE upstreams_away SET told = true WHERE upstream = $1", upstream); err != nil {
			return err
		}
		return s.tell(ctx, tx, Change{Upstream: upstream, Since: database.Moment(since)})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it is not away for so long, or they were told
	}
	return s.db.Explain(err)
}
