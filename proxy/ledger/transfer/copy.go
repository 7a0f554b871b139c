package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"popbridge/proxy/ledger/database"
)

// Options say what is copied where.
type Options struct {
	From, To database.Options
	// Restart empties an unfinished copy first, whatever it was begun from.
	Restart bool
	// Progress is told after each transaction how many rows of a table have been
	// written by this call.
	Progress func(table string, rows int64)
}

// Table is what became of one table.
type Table struct {
	Name string `json:"table"`
	Rows int64  `json:"rows"`
	// Sum is a SHA-256 of all rows in the order of their keys; both sides have it.
	Sum string `json:"sha256"`
}

// Report is what was copied.
type Report struct {
	Resumed bool    `json:"resumed"` // a copy that was begun earlier was completed
	Rows    int64   `json:"rows"`
	Tables  []Table `json:"tables"`
}

// copying is a copy at work.
type copying struct {
	Options
	from, to *database.DB
	tables   []table
}

// Copy copies a ledger into an empty database, or goes on with a copy that was begun
// earlier, and compares both at the end. It fails where either side is served. What an
// interruption leaves is refused by every service, until another Copy has completed it.
func Copy(ctx context.Context, o Options) (r Report, err error) {
	if same(o.From, o.To) {
		return r, errors.New("the ledger cannot be copied to itself: name another database")
	}
	c := &copying{Options: o}
	if c.tables, err = shape(ctx); err != nil {
		return r, err
	}
	if c.from, err = OpenUnserved(ctx, "the ledger to copy", "when the copy is complete", o.From); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.from.Close()) }()
	if c.to, err = OpenUnserved(ctx, "the target", "when the copy is complete", o.To); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.to.Close()) }()
	if r.Resumed, err = c.begin(ctx); err != nil {
		return r, err
	}
	for _, t := range c.tables {
		if err := c.copy(ctx, t); err != nil {
			return r, fmt.Errorf("copying %s: %w; run the command again to go on", t.name, c.explain(err))
		}
	}
	return r, c.complete(ctx, &r)
}

// same reports whether both sides are one file.
func same(a, b database.Options) bool {
	if a.Driver != database.SQLite || b.Driver != database.SQLite {
		return a.Driver == b.Driver && a.Source == b.Source
	}
	one, err := os.Stat(a.Source)
	other, otherErr := os.Stat(b.Source)
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

// OpenUnserved opens a database that nobody serves as its service would, so that nobody
// serves SQLite's file until it is closed. Its errors name it by what it is, and say when
// a service may be started again.
func OpenUnserved(ctx context.Context, what, until string, o database.Options) (*database.DB, error) {
	o.Serve = true
	d, err := database.Open(ctx, o)
	if errors.Is(err, database.ErrServed) {
		return nil, fmt.Errorf("%s %s is served: stop the popbridge that serves it first, and start one %s", what, o.Source, until)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := unserved(ctx, what, d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// unserved fails where a proxy lives on a PostgreSQL, which has no lock of its own.
func unserved(ctx context.Context, what string, d *database.DB) error {
	if d.Driver() != database.Postgres {
		return nil
	}
	var names []string
	err := d.View().Each(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, database.ProxyLabel(name))
		return err
	}, "SELECT x.id FROM proxies x WHERE "+database.ProxyAlive+" ORDER BY x.id")
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%s is served by %s: stop every popbridge that shares it first (one that was killed counts for 6 seconds)", what, strings.Join(names, ", "))
	}
	return d.Explain(err)
}

// begin looks at what the target holds, and makes it a copy that is not complete.
func (c *copying) begin(ctx context.Context) (resumed bool, err error) {
	if half, err := Unfinished(ctx, c.from); err != nil {
		return false, c.from.Explain(err)
	} else if half {
		return false, errors.New("the ledger to copy is itself a copy that is not complete: complete that one first, or copy the ledger that it was begun from")
	}
	me, err := identity(ctx, c.from)
	if err != nil {
		return false, c.from.Explain(err)
	}
	half, err := Unfinished(ctx, c.to)
	if err != nil {
		return false, c.to.Explain(err)
	}
	if !half {
		if err := c.empty(ctx); err != nil {
			return false, err
		}
		return false, c.to.Explain(markBegun(ctx, c.to, me))
	}
	if c.Restart {
		return false, c.to.Explain(c.restart(ctx, me))
	}
	other, err := begun(ctx, c.to)
	if err == nil && other != me {
		err = errors.New("the target is an unfinished copy of another ledger: name another database, or empty it with --restart")
	}
	return true, c.to.Explain(err)
}

// empty fails where the target holds something. Its salt is nobody's yet.
func (c *copying) empty(ctx context.Context) error {
	for _, t := range c.tables {
		if t.name == "device_salt" {
			continue
		}
		var rows int64
		if err := c.to.View().Row(ctx, "SELECT COUNT(*) FROM "+t.name).Scan(&rows); err != nil {
			return c.to.Explain(err)
		}
		if rows > 0 {
			return fmt.Errorf("the target holds a ledger already (%d rows in %s), which a copy would mix with this one: name an empty database, or a file that does not exist", rows, t.name)
		}
	}
	return nil
}

// restart empties the target.
func (c *copying) restart(ctx context.Context, me string) error {
	return c.to.Update(ctx, func(tx database.Querier) error {
		for i := range c.tables {
			if err := tx.Exec(ctx, "DELETE FROM "+c.tables[len(c.tables)-1-i].name); err != nil {
				return err
			}
		}
		return tx.Exec(ctx, "UPDATE "+mark+" SET source = $1", me)
	})
}

// copy writes what the target does not have of one table. Rows are written in the order
// of their keys, so all up to the last one that is there have been.
func (c *copying) copy(ctx context.Context, t table) error {
	var after []any
	var err error
	if len(t.key) > 0 {
		if after, err = t.last(ctx, c.to); err != nil {
			return err
		}
	}
	var b batch
	rows := int64(0)
	write := func() error {
		err := c.to.Update(ctx, func(tx database.Querier) error {
			if len(t.key) == 0 { // there is no telling how far it was: all of it, anew
				if err := tx.Exec(ctx, "DELETE FROM "+t.name); err != nil {
					return err
				}
			}
			return t.insert(ctx, tx, c.to, b.rows)
		})
		rows, b = rows+int64(len(b.rows)), batch{}
		if err == nil && c.Progress != nil {
			c.Progress(t.name, rows)
		}
		return err
	}
	err = t.each(ctx, c.from, after, func(row []any) error {
		if b.add(row); len(t.key) > 0 && b.full() {
			return write()
		}
		return nil
	})
	if err == nil && len(b.rows) > 0 {
		err = write()
	}
	if err == nil && t.numbers {
		err = t.number(ctx, c.from, c.to)
	}
	return err
}

// complete compares both sides and makes the target a ledger that can be served.
func (c *copying) complete(ctx context.Context, r *Report) error {
	if err := fence(ctx, c.to); err != nil {
		return c.to.Explain(err)
	}
	for _, t := range c.tables {
		rows, sum, err := t.sum(ctx, c.from)
		if err != nil {
			return c.from.Explain(err)
		}
		there, thereSum, err := t.sum(ctx, c.to)
		if err != nil {
			return c.to.Explain(err)
		}
		switch {
		case rows != there:
			return fmt.Errorf("the copy is not the same: %s has %d rows there, not %d. The ledger was changed since the copy was begun: run the command again with --restart", t.name, there, rows)
		case sum != thereSum:
			return fmt.Errorf("the copy is not the same: the %d rows of %s differ. The ledger was changed since the copy was begun: run the command again with --restart", rows, t.name)
		}
		r.Tables, r.Rows = append(r.Tables, Table{t.name, rows, sum}), r.Rows+rows
	}
	if err := errors.Join(unserved(ctx, "the ledger to copy", c.from), unserved(ctx, "the target", c.to)); err != nil {
		return err
	}
	return c.to.Explain(markDone(ctx, c.to))
}

// explain tries both sides: either may have failed.
func (c *copying) explain(err error) error { return c.from.Explain(c.to.Explain(err)) }
