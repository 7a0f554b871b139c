package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Question is a statement of those that Together runs.
type Question struct {
	Text  string
	Args  []any
	Into  []any // where the columns of its one row go
	Found bool  // there was a row
}

// Together asks PostgreSQL several questions in one round trip and one transaction. One
// that has waited for a row lets those behind it see what was committed meanwhile, since
// each has a snapshot of its own, where transactions are READ COMMITTED: OwnSnapshots
// tells. The driver sends them as the source wants its statements sent, prepared or not,
// so that a pooler that takes the one takes the other.
func (d *DB) Together(ctx context.Context, questions ...*Question) error {
	d.asked.Add(int64(len(questions)))
	// A connection that has died while it was idle is found out when it is used; each is
	// dropped then, and none of its statements was sent.
	for range connections {
		if err := d.together(ctx, questions); !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
	return driver.ErrBadConn
}

// OwnSnapshots is SQL that is true where each statement of a transaction sees what was
// committed before it began. A database may have another default.
const OwnSnapshots = "current_setting('transaction_isolation') = 'read committed'"

func (d *DB) together(ctx context.Context, questions []*Question) (err error) {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(of any) error {
		c, ok := of.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver's connection is %T, which takes no batch", of)
		}
		if c.Conn().IsClosed() {
			return driver.ErrBadConn
		}
		err := send(ctx, c.Conn(), questions)
		if err != nil && pgconn.SafeToRetry(err) {
			return driver.ErrBadConn
		}
		return err
	})
}

// send sends them all before it waits for the first answer.
func send(ctx context.Context, c *pgx.Conn, questions []*Question) error {
	batch := new(pgx.Batch)
	for _, q := range questions {
		batch.Queue(q.Text, q.Args...)
	}
	answers := c.SendBatch(ctx, batch)
	for _, q := range questions {
		err := answers.QueryRow().Scan(q.Into...)
		if q.Found = err == nil; err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return errors.Join(err, answers.Close())
		}
	}
	return answers.Close()
}
