package watches

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

const (
	// atOnce is how many devices are looked at in one go.
	atOnce = 500
	// lookAgain is when a device is looked at again whose upstream is away.
	lookAgain = time.Minute
)

// Routes are what the configuration says of a device now.
type Routes struct {
	Expects  []translate.Expect // of the routes that it may take, without those that expect nothing
	Upstream string             // that the first of them leads to
}

// Overdue finds devices that have become overdue, tells of each, and gives them.
// routes says what the configuration has of a device; away, whether an upstream is not
// there now.
func (s *Store) Overdue(ctx context.Context, routes func(account, device string) Routes, away func(upstream string) bool) (found []Device, err error) {
	c := s.db.View()
	for {
		now, err := s.now(ctx, c)
		if err != nil {
			return found, s.db.Explain(err)
		}
		var late []row
		err = c.Each(ctx, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			late = append(late, r)
			return err
		}, "SELECT "+columns+" FROM watches WHERE due > 0 AND due <= $1 AND overdue_at = 0 ORDER BY due LIMIT $2", now, atOnce)
		if err != nil || len(late) == 0 {
			return found, s.db.Explain(err)
		}
		m, err := readMarks(ctx, c)
		if err != nil {
			return found, s.db.Explain(err)
		}
		for _, r := range late {
			d, said, err := s.look(ctx, r, m, now, routes(database.Unname(r.account), database.Unname(r.device)), away)
			if err != nil {
				return found, s.db.Explain(err)
			}
			if said {
				found = append(found, d)
			}
		}
		if len(late) < atOnce {
			return found, nil
		}
	}
}

// look decides about a device whose time is over by what is known of it.
func (s *Store) look(ctx context.Context, r row, m marks, now int64, has Routes, away func(upstream string) bool) (d Device, said bool, err error) {
	if !r.asked.Valid && !slices.Contains(has.Expects, translate.ExpectOf(r.route)) {
		if len(has.Expects) == 0 {
			return d, false, s.change(ctx, r, "DELETE FROM watches WHERE account = $1 AND device = $2 AND due = $3")
		}
		r.route = has.Expects[0].Number()
	}
	upstream := database.Unname(r.upstream)
	if upstream == "" {
		upstream = has.Upstream
	}
	if upstream != "" && away(upstream) {
		return d, false, s.put(ctx, r, now+lookAgain.Milliseconds())
	}
	due := dueAt(wants(r.asked, r.route), min(m.since(max(r.lastLogin, r.began), upstream), now), r.habit)
	if due == 0 || due > now {
		return d, false, s.put(ctx, r, due)
	}
	err = s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, "UPDATE watches SET route = $4, overdue_at = $5 WHERE account = $1 AND device = $2 AND due = $3 AND overdue_at = 0 RETURNING device",
			r.account, r.device, r.due, r.route, now).Scan(&one)
		if said = err == nil; !said {
			return err
		}
		r.overdueAt = now
		d = r.shown()
		d.Upstream = upstream
		return s.tell(ctx, tx, Change{Device: &d})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil // it has logged in, or another proxy was faster
	}
	return d, said && err == nil, err
}

// put has a device looked at again at another time, and by what its route expects now.
func (s *Store) put(ctx context.Context, r row, due int64) error {
	return s.change(ctx, r, "UPDATE watches SET route = $4, due = $5 WHERE account = $1 AND device = $2 AND due = $3 AND overdue_at = 0", r.route, due)
}

// change does something to a row that is as it was read.
func (s *Store) change(ctx context.Context, r row, statement string, more ...any) error {
	return s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, statement, append([]any{r.account, r.device, r.due}, more...)...)
	})
}

// Forgive forgets those that are overdue of whom nothing is expected any more, when the
// configuration has changed.
func (s *Store) Forgive(ctx context.Context, routes func(account, device string) Routes) error {
	late, err := s.Late(ctx, atOnce)
	for _, d := range late {
		if err == nil && !d.Asked && len(routes(d.Account, d.Device).Expects) == 0 {
			err = s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
				return tx.Exec(ctx, "DELETE FROM watches WHERE account = $1 AND device = $2 AND asked IS NULL", database.Name(d.Account), database.Name(d.Device))
			}))
		}
	}
	return err
}
