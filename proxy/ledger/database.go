package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// database is what both drivers have in common: one SQL text serves both, with
// $1 for arguments. SQLite has one connection that writes, so that writers wait
// in line instead of for each other's locks.
type database struct {
	read, write *sql.DB
	file        *sqliteFile  // nil: there is none
	queue       *queue       // of those that write; nil: the database has its own
	prepare     bool         // the driver does not keep prepared statements itself
	prepared    sync.Map     // of the reading connections, by text
	rehearsed   sync.Map     // of the writing one, likewise
	writes      atomic.Int64 // transactions that were begun in order to write
}

// statements runs SQL in a transaction, or each statement for itself.
type statements struct {
	owner *database
	db    *sql.DB
	tx    *sql.Tx // nil: each for itself
	// fresh are the statements of this transaction that are not prepared yet.
	fresh *[]string
}

// view is for reading.
func (d *database) view() statements { return statements{owner: d, db: d.read} }

// attemptsToWrite is how often a transaction is begun that others stand in the way of.
const attemptsToWrite = 5

// update runs f in a transaction; an error of f undoes it, and f runs again where
// the database has undone it because of another that ran at the same time, or
// because of one that shared the transaction. The commit is durable when update
// returns nil.
func (d *database) update(ctx context.Context, f func(statements) error) (err error) {
	d.writes.Add(1)
	if d.queue != nil {
		return d.queue.run(ctx, f)
	}
	for range attemptsToWrite {
		if err = d.transact(ctx, f); !clashed(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// transact runs f in a transaction, once.
func (d *database) transact(ctx context.Context, f func(statements) error) error {
	if d.file != nil {
		if err := d.file.check(); err != nil {
			return err
		}
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	var fresh []string
	if err := f(statements{owner: d, db: d.write, tx: tx, fresh: &fresh}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	var stamp uint32
	if d.file != nil {
		if stamp, err = d.file.raise(ctx, tx); err != nil {
			return errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}
	err = tx.Commit()
	d.rehearse(ctx, fresh)
	if err == nil && d.file != nil {
		err = d.file.raised(stamp)
	}
	return err
}

// rehearse prepares what a transaction has used, for the next ones: to parse it
// takes SQLite longer than to run it. Within the transaction that was not
// possible, because that has the one connection that writes.
func (d *database) rehearse(ctx context.Context, texts []string) {
	for _, text := range texts {
		stmt, err := d.write.PrepareContext(ctx, text)
		if err != nil {
			return // it runs as it did
		}
		if _, ok := d.rehearsed.LoadOrStore(text, stmt); ok {
			stmt.Close()
		}
	}
}

// ignoreDone leaves out that a context has undone the transaction already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (d *database) close() error {
	if d.read == d.write {
		return d.read.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// stmt gives the prepared statement; nil where the driver keeps its own, and where
// it cannot be prepared, or not yet: then the text runs, and gives the reason.
func (s statements) stmt(ctx context.Context, text string) *sql.Stmt {
	switch {
	case !s.owner.prepare:
		return nil
	case s.tx == nil:
		return s.kept(ctx, text)
	}
	if kept, ok := s.owner.rehearsed.Load(text); ok {
		return s.tx.StmtContext(ctx, kept.(*sql.Stmt))
	}
	*s.fresh = append(*s.fresh, text)
	return nil
}

// kept is stmt for one that runs for itself.
func (s statements) kept(ctx context.Context, text string) *sql.Stmt {
	if kept, ok := s.owner.prepared.Load(text); ok {
		return kept.(*sql.Stmt)
	}
	stmt, err := s.db.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	if kept, ok := s.owner.prepared.LoadOrStore(text, stmt); ok {
		stmt.Close()
		stmt = kept.(*sql.Stmt)
	}
	return stmt
}

func (s statements) exec(ctx context.Context, text string, args ...any) (err error) {
	switch stmt := s.inTransaction(ctx, text); {
	case stmt != nil:
		_, err = stmt.ExecContext(ctx, args...)
	case s.tx != nil:
		_, err = s.tx.ExecContext(ctx, text, args...)
	default:
		_, err = s.db.ExecContext(ctx, text, args...)
	}
	return err
}

// inTransaction is stmt for what changes something: alone it would need the
// connection that writes.
func (s statements) inTransaction(ctx context.Context, text string) *sql.Stmt {
	if s.tx == nil {
		return nil
	}
	return s.stmt(ctx, text)
}

func (s statements) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if stmt := s.stmt(ctx, text); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	if s.tx != nil {
		return s.tx.QueryContext(ctx, text, args...)
	}
	return s.db.QueryContext(ctx, text, args...)
}

func (s statements) row(ctx context.Context, text string, args ...any) *sql.Row {
	if stmt := s.stmt(ctx, text); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	if s.tx != nil {
		return s.tx.QueryRowContext(ctx, text, args...)
	}
	return s.db.QueryRowContext(ctx, text, args...)
}

// each calls f for every row of a query.
func (s statements) each(ctx context.Context, f func(scan func(...any) error) error, text string, args ...any) error {
	rows, err := s.query(ctx, text, args...)
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

// name makes a name fit for PostgreSQL's TEXT, which takes no octets that are
// not UTF-8, and no NUL. What begins with the prefix by itself, as an old server's
// unique-id may, is changed too, so that unname gives every name as it was.
func name(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, namePrefix) {
		return s
	}
	return namePrefix + hex.EncodeToString([]byte(s))
}

const namePrefix = "\x01"

// unname is the other way.
func unname(s string) string {
	if encoded, ok := strings.CutPrefix(s, namePrefix); ok {
		if b, err := hex.DecodeString(encoded); err == nil {
			return string(b)
		}
	}
	return s
}
