package watches

import (
	"context"
	"time"

	"popbridge/proxy/ledger/database"
)

const (
	// service is the subject of the mark that somebody watches at all.
	service = "service"
	// markEvery is how often that is written down, and markLost after how long without it
	// nobody was there.
	markEvery = 30 * time.Second
	markLost  = 2 * time.Minute
)

func upstreamMark(upstream string) string { return "upstream " + upstream }

// marks are when something was last back, by subject.
type marks map[string]int64

func readMarks(ctx context.Context, c database.Querier) (marks, error) {
	m := make(marks)
	err := c.Each(ctx, func(scan func(...any) error) error {
		var subject string
		var back int64
		err := scan(&subject, &back)
		m[subject] = back
		return err
	}, "SELECT subject, back_at FROM watch_marks")
	return m, err
}

// since is from when on silence counts of a device that was last well at a time: not from
// before it could log in again.
func (m marks) since(well int64, upstream string) int64 {
	return max(well, m[service], m[upstreamMark(upstream)])
}

// Mark notes that somebody watches. Where nobody has for two minutes, no device is overdue
// for what it could not do then: each gets its whole time again.
func (s *Store) Mark(ctx context.Context) error {
	var seen int64
	now, err := s.now(ctx, s.db.View())
	if err == nil {
		err = s.db.View().Row(ctx, "SELECT COALESCE((SELECT seen_at FROM watch_marks WHERE subject = $1), 0)", service).Scan(&seen)
	}
	if since := time.Duration(now-seen) * time.Millisecond; err != nil || since >= 0 && since < markEvery {
		return s.db.Explain(err)
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, `INSERT INTO watch_marks (subject, seen_at, back_at) VALUES ($1, $2, $2)
			ON CONFLICT (subject) DO UPDATE SET seen_at = excluded.seen_at,
				back_at = CASE WHEN watch_marks.seen_at > excluded.seen_at - $3 THEN watch_marks.back_at ELSE excluded.seen_at END`,
			service, now, markLost.Milliseconds())
	}))
}

// Away is an upstream that a proxy cannot reach.
type Away struct {
	Upstream string
	Since    time.Time
	Mine     bool // this proxy says so
	Lost     bool // whoever said so has not said it again: it has ended
}

// Away are the upstreams that proxies cannot reach, by name.
func (s *Store) Away(ctx context.Context) (list []Away, err error) {
	c := s.db.View()
	now, err := s.now(ctx, c)
	if err != nil {
		return nil, s.db.Explain(err)
	}
	err = c.Each(ctx, func(scan func(...any) error) error {
		var a Away
		var proxy string
		var since, seen int64
		err := scan(&a.Upstream, &proxy, &since, &seen)
		a.Since, a.Mine, a.Lost = database.Moment(since), proxy == s.proxy, seen < now-markLost.Milliseconds()
		list = append(list, a)
		return err
	}, "SELECT upstream, proxy, away_since, seen_at FROM upstreams_away ORDER BY upstream, proxy")
	return list, s.db.Explain(err)
}

// Gone notes that this proxy cannot reach an upstream, for so long already. It is to be
// called again every minute while that is so.
func (s *Store) Gone(ctx context.Context, upstream string, since time.Duration) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Exec(ctx, `INSERT INTO upstreams_away (upstream, proxy, away_since, seen_at, told)
			VALUES ($1, $2, $3, $4, EXISTS (SELECT 1 FROM upstreams_away o WHERE o.upstream = $1 AND o.told))
			ON CONFLICT (upstream, proxy) DO UPDATE SET seen_at = excluded.seen_at`, upstream, s.proxy, now-since.Milliseconds(), now)
	}))
}

// Back notes that this proxy reaches an upstream again. What proxies have said of it that
// have ended is forgotten with it.
func (s *Store) Back(ctx context.Context, upstream string) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.forgetAway(ctx, tx, upstream, now); err != nil {
			return err
		}
		return tx.Exec(ctx, `INSERT INTO watch_marks (subject, back_at) VALUES ($1, $2)
			ON CONFLICT (subject) DO UPDATE SET back_at = excluded.back_at`, upstreamMark(upstream), now)
	}))
}
