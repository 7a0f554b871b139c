package watches

import (
	"context"
	"database/sql"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// row is one of watches; the names are the database's.
type row struct {
	account, device string
	asked           sql.NullInt64
	route           int64
	upstream        string
	began           int64
	lastLogin       int64
	habit           translate.Habit
	due, overdueAt  int64
}

// columns are those that scan takes.
const columns = "account, device, asked, route, upstream, began, last_login, habit, due, overdue_at"

func (r *row) scan(scan func(...any) error) error {
	var habit string
	err := scan(&r.account, &r.device, &r.asked, &r.route, &r.upstream, &r.began, &r.lastLogin, &habit, &r.due, &r.overdueAt)
	r.habit = translate.ParseHabit(habit)
	return err
}

// read gives the row of the account and the device that it names.
func (r *row) read(ctx context.Context, c database.Querier) error {
	return r.scan(c.Row(ctx, "SELECT "+columns+" FROM watches WHERE account = $1 AND device = $2", r.account, r.device).Scan)
}

// habitText is empty where nothing was learned.
func (r *row) habitText() string {
	if r.habit.Since == 0 {
		return ""
	}
	return r.habit.String()
}

// Device is a device that is watched.
type Device struct {
	Account, Device string
	Upstream        string // of its last login; empty where it has never come
	Expect          translate.Expect
	// Every is what Expect comes to now; 0 while a habit is not known.
	Every time.Duration
	// Asked says that an operator has asked for this device, and not its route.
	Asked     bool
	LastLogin time.Time // exact to half a minute; zero for never
	Overdue   time.Time // since when it is known to be overdue; zero where it is not
}

func (r *row) shown() Device {
	d := Device{
		Account: database.Unname(r.account), Device: database.Unname(r.device), Upstream: database.Unname(r.upstream),
		Expect: wants(r.asked, r.route), Asked: r.asked.Valid, LastLogin: database.Moment(r.lastLogin), Overdue: database.Moment(r.overdueAt),
	}
	d.Every = d.Expect.Every
	if d.Expect.Auto {
		d.Every, _ = r.habit.Expects(time.UnixMilli(max(r.lastLogin, r.began)))
	}
	return d
}

// each gives the devices of a query for columns.
func (s *Store) each(ctx context.Context, query string, args ...any) (list []Device, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		list = append(list, r.shown())
		return err
	}, "SELECT "+columns+" FROM watches "+query, args...)
	return list, s.db.Explain(err)
}

// Of are the watched devices of an account, by name; those of which an operator wants
// nothing expected are among them.
func (s *Store) Of(ctx context.Context, account string) ([]Device, error) {
	return s.each(ctx, "WHERE account = $1 ORDER BY device", database.Name(account))
}

// Late are the devices that are overdue, the longest first, at most limit.
func (s *Store) Late(ctx context.Context, limit int) ([]Device, error) {
	return s.each(ctx, "WHERE overdue_at > 0 ORDER BY overdue_at, account, device LIMIT $1", limit)
}

// Count is how many devices are watched, and how many of them are overdue.
func (s *Store) Count(ctx context.Context) (watched, overdue int64, err error) {
	err = s.db.View().Row(ctx, "SELECT (SELECT COUNT(*) FROM watches WHERE asked IS NULL OR asked <> 0), (SELECT COUNT(*) FROM watches WHERE overdue_at > 0)").Scan(&watched, &overdue)
	return watched, overdue, s.db.Explain(err)
}

// Any reports whether a device is watched.
func (s *Store) Any(ctx context.Context) (any bool, err error) {
	err = s.db.View().Row(ctx, "SELECT EXISTS (SELECT 1 FROM watches)").Scan(&any)
	return any, s.db.Explain(err)
}
