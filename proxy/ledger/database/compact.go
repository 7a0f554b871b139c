package database

import (
	"context"
	"errors"
)

// Compact gives the room of what was removed back: to the file system where it is
// SQLite, whose file nobody may serve meanwhile; PostgreSQL keeps it for new rows of the
// same tables, and is served on. It says what the database takes, in octets, before and
// after.
func Compact(ctx context.Context, o Options) (before, after int64, err error) {
	o.Serve = true
	d, err := Open(ctx, o)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(d.Explain(err), d.Close()) }()
	if before, err = d.octets(ctx); err != nil {
		return before, 0, err
	}
	texts := []string{"VACUUM", "PRAGMA optimize"}
	if d.driver == Postgres {
		texts = []string{"VACUUM (ANALYZE)"}
	}
	for _, text := range texts {
		if _, err := d.write.ExecContext(ctx, text); err != nil {
			return before, 0, err
		}
	}
	after, err = d.octets(ctx)
	return before, after, err
}

// octets is what the database takes.
func (d *DB) octets(ctx context.Context) (n int64, err error) {
	text := "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
	if d.driver == Postgres {
		text = "SELECT pg_database_size(current_database())"
	}
	err = d.write.QueryRowContext(ctx, text).Scan(&n)
	return n, err
}
