package watches

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Known is what a login has read of the device's watch; its zero value is that of a device
// which is not watched.
type Known struct {
	There     bool
	Asked     sql.NullInt64
	Route     int64
	Upstream  string
	LastLogin int64
	OverdueAt int64
}

// wants is what is expected of a device: what an operator has asked for, else what its
// route does.
func wants(asked sql.NullInt64, route int64) translate.Expect {
	if asked.Valid {
		return translate.ExpectOf(asked.Int64)
	}
	return translate.ExpectOf(route)
}

// News reports whether a login by a route that expects so much, to an upstream, is to be
// written down.
func (s *Store) News(k Known, route translate.Expect, upstream string) bool {
	want := wants(k.Asked, route.Number())
	if want.Never() {
		return k.There && !k.Asked.Valid // its route expects nothing any more
	}
	silent := time.Duration(s.here()-k.LastLogin) * time.Millisecond
	return !k.There || k.OverdueAt > 0 || k.Route != route.Number() || k.Upstream != upstream || silent.Abs() >= want.Precision()
}

// LoggedIn writes down, in the login's transaction, that a device has logged in. The names
// are the database's.
func (s *Store) LoggedIn(ctx context.Context, tx database.Querier, account, device, upstream string, route translate.Expect) error {
	now, err := s.now(ctx, tx)
	if err != nil {
		return err
	}
	r := row{account: account, device: device, began: now}
	if err := r.read(ctx, tx); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	want := wants(r.asked, route.Number())
	if want.Never() {
		return tx.Exec(ctx, "DELETE FROM watches WHERE account = $1 AND device = $2 AND asked IS NULL", account, device)
	}
	if want.Auto {
		gap := int64(0)
		if r.lastLogin > 0 {
			m, err := readMarks(ctx, tx)
			if err != nil {
				return err
			}
			gap = max(now-m.since(r.lastLogin, upstream), 0)
		}
		r.habit = r.habit.Saw(time.UnixMilli(now), time.Duration(gap)*time.Millisecond)
	}
	due := dueAt(want, now, r.habit)
	err = tx.Exec(ctx, `INSERT INTO watches (account, device, route, upstream, began, last_login, habit, due, overdue_at) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 0)
		ON CONFLICT (account, device) DO UPDATE SET route = excluded.route, upstream = excluded.upstream, last_login = excluded.last_login,
			habit = excluded.habit, due = excluded.due, overdue_at = 0`,
		account, device, route.Number(), upstream, now, r.habitText(), due)
	if err != nil || r.overdueAt == 0 {
		return err
	}
	d := r.shown()
	d.LastLogin, d.Upstream = database.Moment(now), database.Unname(upstream)
	return s.tell(ctx, tx, Change{Device: &d, Back: true})
}

// dueAt is the time from which on a device is overdue, 0 for never.
func dueAt(want translate.Expect, well int64, h translate.Habit) int64 {
	due, ok := want.Due(time.UnixMilli(well), h)
	if !ok {
		return 0
	}
	return due.UnixMilli()
}
