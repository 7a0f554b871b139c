package events

import (
	"context"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// failuresOverlap is how long a transaction of another proxy may have been
// committed after its time was taken, without its failures being missed here.
const failuresOverlap = 5 * time.Second

// counting is SQL that is true of failures whose window ($1, milliseconds) is not
// over. Those that begin ahead of now were counted before the server's clock was set
// back: they would shut their subject out until then.
const counting = "began BETWEEN " + database.ServerClock + " - $1::BIGINT AND " + database.ServerClock + " + 5000"

// ShareFailures adds failed logins to those that other proxies have counted, and
// gives what all have counted, of subjects that have changed since it was last
// called; a few may be given again. Failures whose window is over are forgotten.
// It is for PostgreSQL, which proxies share; without news it only reads. Age in
// news is not looked at: a window begins with the first that is told.
func (s *Store) ShareFailures(ctx context.Context, news []translate.Failures, window time.Duration) (all []translate.Failures, err error) {
	if len(news) > 0 {
		if err := s.db.Update(ctx, func(tx database.Querier) error { return addFailures(ctx, tx, news, window) }); err != nil {
			return nil, s.db.Explain(err)
		}
	}
	until := s.failures.Load()
	newest := until
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var subject, age, changed, now int64
		var f translate.Failures
		if err := scan(&subject, &f.Count, &age, &changed, &now); err != nil {
			return err
		}
		f.Subject, f.Age = uint64(subject), time.Duration(max(age, 0))*time.Millisecond
		newest = min(max(newest, changed), now)
		all = append(all, f)
		return nil
	}, "SELECT subject, count, "+database.ServerClock+" - began, changed, "+database.ServerClock+" FROM failures WHERE changed > LEAST($2::BIGINT, "+database.ServerClock+") - $3::BIGINT AND "+counting,
		window.Milliseconds(), until, failuresOverlap.Milliseconds())
	if err != nil {
		return nil, s.db.Explain(err)
	}
	s.failures.Store(newest)
	return all, nil
}

// addFailures takes the subjects in order, so that two proxies do not wait for
// each other's.
func addFailures(ctx context.Context, tx database.Querier, news []translate.Failures, window time.Duration) error {
	if err := tx.Exec(ctx, "DELETE FROM failures WHERE NOT "+counting, window.Milliseconds()); err != nil {
		return err
	}
	subjects, counts := make([]int64, len(news)), make([]int64, len(news))
	for i, f := range news {
		subjects[i], counts[i] = int64(f.Subject), int64(f.Count)
	}
	return tx.Exec(ctx, "INSERT INTO failures (subject, count, began, changed) SELECT subject, count, "+database.ServerClock+", "+database.ServerClock+`
		FROM unnest($1::BIGINT[], $2::BIGINT[]) AS news (subject, count) ORDER BY subject
		ON CONFLICT (subject) DO UPDATE SET count = failures.count + excluded.count, changed = excluded.changed`, subjects, counts)
}
