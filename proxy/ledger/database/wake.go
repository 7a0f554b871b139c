package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// wakeChannel is what processes that share a PostgreSQL wake one another by (LISTEN and
// NOTIFY). It carries nothing: what is new is read from tables, so that who misses it, or
// sits behind a pooler that does not pass it on, only learns of it later.
const wakeChannel = "popbridge"

// keepListening is how long nothing may be heard before the connection is tried: one that
// has died silently would never wake anybody again.
const keepListening = time.Minute

// Wake wakes those who Listen, when the transaction is committed. Other databases than
// PostgreSQL have nothing of the kind.
func Wake(ctx context.Context, tx Querier) error {
	if tx.owner.driver != Postgres {
		return nil
	}
	return tx.Exec(ctx, "SELECT pg_notify($1, '')", wakeChannel)
}

// Listen calls woken each time that a process which shares the database has called Wake.
// It holds one connection, and returns when that fails, or ctx ends. On other databases
// than PostgreSQL it only waits for that.
func (d *DB) Listen(ctx context.Context, woken func()) error {
	if d.driver != Postgres {
		<-ctx.Done()
		return ctx.Err()
	}
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return d.Explain(err)
	}
	defer conn.Close()
	return conn.Raw(func(of any) error {
		err := listen(ctx, of, woken)
		// The pool has to drop it: it would go on listening beside other work.
		return errors.Join(driver.ErrBadConn, d.Explain(err))
	})
}

func listen(ctx context.Context, of any, woken func()) error {
	c, ok := of.(*stdlib.Conn)
	if !ok {
		return fmt.Errorf("the driver's connection is %T, which cannot listen", of)
	}
	if _, err := c.Conn().Exec(ctx, "LISTEN "+wakeChannel); err != nil {
		return err
	}
	for {
		quiet, cancel := context.WithTimeout(ctx, keepListening)
		_, err := c.Conn().WaitForNotification(quiet)
		over := quiet.Err() != nil
		cancel()
		switch {
		case err == nil:
			woken()
		case ctx.Err() != nil || !over:
			return err
		default:
			if err := c.Conn().Ping(ctx); err != nil {
				return err
			}
		}
	}
}
