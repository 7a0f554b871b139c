package ledger

import (
	"context"
	"sync/atomic"
	"time"

	"popbridge/translate"
)

// failuresOverlap is how long a transaction of another proxy may have been
// committed after its time was taken, without its failures being missed here.
const failuresOverlap = 5 * time.Second

// shared is how far a proxy has heard of failed logins.
type shared struct{ until atomic.Int64 } // milliseconds of the server's clock

const serverClock = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT"

// ShareFailures adds failed logins to those that other proxies have counted, and
// gives what all have counted, of subjects that have changed since it was last
// called; a few may be given again. Failures whose window is over are forgotten.
// It is for PostgreSQL, which proxies share; without news it only reads. Age in
// news is not looked at: a window begins with the first that is told.
func (s *Store) ShareFailures(ctx context.Context, news []translate.Failures, window time.Duration) (all []translate.Failures, err error) {
	if len(news) > 0 {
		if err := s.db.update(ctx, func(tx statements) error { return addFailures(ctx, tx, news, window) }); err != nil {
			return nil, s.scrub(err)
		}
	}
	until := s.shared.until.Load()
	newest := until
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var subject, age, changed int64
		var f translate.Failures
		if err := scan(&subject, &f.Count, &age, &changed); err != nil {
			return err
		}
		f.Subject, f.Age = uint64(subject), time.Duration(max(age, 0))*time.Millisecond
		newest = max(newest, changed)
		all = append(all, f)
		return nil
	}, "SELECT subject, count, "+serverClock+" - began, changed FROM failures WHERE changed > $1 AND began > "+serverClock+" - $2",
		until-failuresOverlap.Milliseconds(), window.Milliseconds())
	if err != nil {
		return nil, s.scrub(err)
	}
	s.shared.until.Store(newest)
	return all, nil
}

// addFailures takes the subjects in order, so that two proxies do not wait for
// each other's.
func addFailures(ctx context.Context, tx statements, news []translate.Failures, window time.Duration) error {
	if err := tx.exec(ctx, "DELETE FROM failures WHERE began <= "+serverClock+" - $1", window.Milliseconds()); err != nil {
		return err
	}
	subjects, counts := make([]int64, len(news)), make([]int64, len(news))
	for i, f := range news {
		subjects[i], counts[i] = int64(f.Subject), int64(f.Count)
	}
	return tx.exec(ctx, "INSERT INTO failures (subject, count, began, changed) SELECT subject, count, "+serverClock+", "+serverClock+`
		FROM unnest($1::BIGINT[], $2::BIGINT[]) AS news (subject, count) ORDER BY subject
		ON CONFLICT (subject) DO UPDATE SET count = failures.count + excluded.count, changed = excluded.changed`, subjects, counts)
}
