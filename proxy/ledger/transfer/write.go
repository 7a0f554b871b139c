package transfer

import (
	"context"
	"strings"

	"popbridge/proxy/ledger/database"
)

// A transaction takes so many rows, and octets of them, at most: an interruption costs
// no more than that, and the other side keeps no more in memory.
const (
	batchRows   = 250
	batchOctets = 4 << 20
)

// mostArguments is how many arguments a statement has at most for PostgreSQL, where
// each statement is a way to the server and back.
const mostArguments = 2000

// batch is what is written in one transaction.
type batch struct {
	rows   [][]any
	octets int
}

func (b *batch) add(row []any) {
	b.rows = append(b.rows, row)
	for _, v := range row {
		switch v := v.(type) {
		case string:
			b.octets += len(v)
		case []byte:
			b.octets += len(v)
		}
	}
}

func (b *batch) full() bool { return len(b.rows) >= batchRows || b.octets >= batchOctets }

// insert writes rows as they are, with the ids that they have.
func (t table) insert(ctx context.Context, tx database.Querier, d *database.DB, rows [][]any) error {
	most := 1 // SQLite looks each argument up by its name, and keeps a prepared statement
	if d.Driver() == database.Postgres {
		most = mostArguments / len(t.columns)
	}
	for len(rows) > 0 {
		n := min(most, len(rows))
		var values []string
		var args []any
		for i, row := range rows[:n] {
			values = append(values, "("+arguments(1+i*len(row), len(row))+")")
			args = append(args, row...)
		}
		own := ""
		if d.Driver() == database.Postgres && t.numbers {
			own = " OVERRIDING SYSTEM VALUE"
		}
		if err := tx.Exec(ctx, "INSERT INTO "+t.name+" ("+t.names()+")"+own+" VALUES "+strings.Join(values, ", "), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// number has the database go on with its ids where the other one has stopped: an id that
// was given once is never given again, though its row may be gone.
func (t table) number(ctx context.Context, from, to *database.DB) error {
	text := "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = $1"
	if from.Driver() == database.Postgres {
		text = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0)"
	}
	var last int64
	if err := from.View().Row(ctx, text, t.name).Scan(&last); err != nil || last == 0 {
		return err
	}
	return to.Update(ctx, func(tx database.Querier) error {
		if to.Driver() == database.Postgres {
			return tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", t.name, last)
		}
		if err := tx.Exec(ctx, "DELETE FROM sqlite_sequence WHERE name = $1", t.name); err != nil {
			return err
		}
		return tx.Exec(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", t.name, last)
	})
}

// fence has PostgreSQL give fencing numbers that no intent has which was copied.
func fence(ctx context.Context, to *database.DB) error {
	if to.Driver() != database.Postgres {
		return nil
	}
	return to.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, "SELECT setval('fences', GREATEST((SELECT last_value FROM fences), (SELECT COALESCE(MAX(fence), 0) + 1 FROM intents)))")
	})
}
