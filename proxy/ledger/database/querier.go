package database

import (
	"context"
	"database/sql"
)

// Querier runs SQL in a transaction, or each statement for itself.
type Querier struct {
	owner *DB
	db    *sql.DB
	tx    *sql.Tx // nil: each for itself
	// fresh are the statements of this transaction that are not prepared yet.
	fresh *[]string
}

// stmt gives the prepared statement; nil where the driver keeps its own, and where
// it cannot be prepared, or not yet: then the text runs, and gives the reason.
func (q Querier) stmt(ctx context.Context, text string) *sql.Stmt {
	switch {
	case !q.owner.prepare:
		return nil
	case q.tx == nil:
		return q.kept(ctx, text)
	}
	if kept, ok := q.owner.rehearsed.Load(text); ok {
		return q.tx.StmtContext(ctx, kept.(*sql.Stmt))
	}
	*q.fresh = append(*q.fresh, text)
	return nil
}

// kept is stmt for one that runs for itself.
func (q Querier) kept(ctx context.Context, text string) *sql.Stmt {
	if kept, ok := q.owner.prepared.Load(text); ok {
		return kept.(*sql.Stmt)
	}
	stmt, err := q.db.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	if kept, ok := q.owner.prepared.LoadOrStore(text, stmt); ok {
		stmt.Close()
		stmt = kept.(*sql.Stmt)
	}
	return stmt
}

func (q Querier) Exec(ctx context.Context, text string, args ...any) (err error) {
	q.owner.asked.Add(1)
	switch stmt := q.inTransaction(ctx, text); {
	case stmt != nil:
		_, err = stmt.ExecContext(ctx, args...)
	case q.tx != nil:
		_, err = q.tx.ExecContext(ctx, text, args...)
	default:
		_, err = q.db.ExecContext(ctx, text, args...)
	}
	return err
}

// inTransaction is stmt for what changes something: alone it would need the
// connection that writes.
func (q Querier) inTransaction(ctx context.Context, text string) *sql.Stmt {
	if q.tx == nil {
		return nil
	}
	return q.stmt(ctx, text)
}

func (q Querier) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	q.owner.asked.Add(1)
	if stmt := q.stmt(ctx, text); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	if q.tx != nil {
		return q.tx.QueryContext(ctx, text, args...)
	}
	return q.db.QueryContext(ctx, text, args...)
}

func (q Querier) Row(ctx context.Context, text string, args ...any) *sql.Row {
	q.owner.asked.Add(1)
	if stmt := q.stmt(ctx, text); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	if q.tx != nil {
		return q.tx.QueryRowContext(ctx, text, args...)
	}
	return q.db.QueryRowContext(ctx, text, args...)
}

// Each calls f for every row of a query.
func (q Querier) Each(ctx context.Context, f func(scan func(...any) error) error, text string, args ...any) error {
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
