package transfer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"popbridge/proxy/ledger/database"
)

// filled is how many rows each table gets: more than a transaction takes.
const filled = batchRows + 10

func fileAt(t *testing.T) database.Options {
	return database.Options{Driver: database.SQLite, Source: filepath.Join(t.TempDir(), "state.db"), Log: func(string, string, ...any) {}}
}

func opened(t *testing.T, o database.Options) *database.DB {
	t.Helper()
	d, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func shaped(t *testing.T) []table {
	t.Helper()
	tables, err := shape(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// fill writes rows into every table that is copied: whole numbers are the row's own, so
// that each refers to one that is there.
func fill(t *testing.T, o database.Options) {
	t.Helper()
	d := opened(t, o)
	err := d.Update(t.Context(), func(tx database.Querier) error {
		for _, tab := range shaped(t) {
			var rows [][]any
			for i := int64(1); i <= filled && (len(tab.key) > 0 || i == 1); i++ {
				rows = append(rows, tab.sample(i))
			}
			if len(tab.key) == 0 {
				rows[0][slices.IndexFunc(tab.columns, func(c column) bool { return c.kind == "BLOB" })] = []byte(o.Source)
			}
			if err := tx.Exec(t.Context(), "DELETE FROM "+tab.name); err != nil {
				return err
			}
			if err := tab.insert(t.Context(), tx, d, rows); err != nil {
				return fmt.Errorf("%s: %w", tab.name, err)
			}
			// The greatest id was given to a row that has gone.
			if tab.numbers {
				if err := tx.Exec(t.Context(), "UPDATE sqlite_sequence SET seq = seq + 7 WHERE name = $1", tab.name); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// sample is one row, with texts that databases put in different orders.
func (t table) sample(i int64) []any {
	row := make([]any, len(t.columns))
	for at, c := range t.columns {
		switch {
		case c.null && i%3 == 0 && !slices.Contains(t.key, c.name):
		case c.kind == "TEXT":
			row[at] = fmt.Sprintf("%s %d\x01", []string{"a", "B", "ä", "_", "-é", "Z"}[i%6], i)
		case c.kind == "BLOB":
			row[at] = make([]byte, i%2*3)
		case c.kind == "BOOLEAN":
			row[at] = i%2 == 0
		default:
			row[at] = i
		}
	}
	return row
}

// sameEverywhere compares two databases by what they hold.
func sameEverywhere(t *testing.T, a, b database.Options) {
	t.Helper()
	one, other := opened(t, a), opened(t, b)
	for _, tab := range shaped(t) {
		rows, sum, err := tab.sum(t.Context(), one)
		there, thereSum, otherErr := tab.sum(t.Context(), other)
		if err := errors.Join(err, otherErr); err != nil || rows != there || sum != thereSum || rows == 0 {
			t.Errorf("%s: %d and %d rows, sums %s and %s, %v", tab.name, rows, there, sum, thereSum, err)
		}
	}
	if err := errors.Join(one.Close(), other.Close()); err != nil {
		t.Error(err)
	}
}

func copies(t *testing.T, ctx context.Context, o Options, want string) Report {
	t.Helper()
	r, err := Copy(ctx, o)
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Fatalf("the copy gave %v, not %q", err, want)
	}
	return r
}

// nextID gives the id that a new mailbox gets.
func nextID(t *testing.T, o database.Options) (id int64) {
	t.Helper()
	d := opened(t, o)
	undone := errors.New("undone")
	err := d.Update(t.Context(), func(tx database.Querier) error {
		if err := tx.Row(t.Context(), "INSERT INTO mailboxes (upstream, login, mailbox) VALUES ('x', 'y', 'z') RETURNING id").Scan(&id); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEveryTableIsCopied(t *testing.T) {
	from, to := fileAt(t), fileAt(t)
	fill(t, from)
	r := copies(t, t.Context(), Options{From: from, To: to}, "")
	if r.Resumed || r.Rows < filled*20 {
		t.Errorf("the copy told %+v", r)
	}
	sameEverywhere(t, from, to)
	if id := nextID(t, to); id != filled+8 {
		t.Errorf("the next id is %d, which was given before", id)
	}
	copies(t, t.Context(), Options{From: from, To: to}, "holds a ledger already")
	copies(t, t.Context(), Options{From: from, To: to, Restart: true}, "holds a ledger already")
	copies(t, t.Context(), Options{From: from, To: from}, "to itself")
}

func TestAnInterruptedCopyGoesOn(t *testing.T) {
	from, to := fileAt(t), fileAt(t)
	fill(t, from)
	tables := shaped(t)
	for _, at := range []string{tables[0].name, "device_salt", tables[len(tables)-1].name} {
		ctx, cancel := context.WithCancel(t.Context())
		copies(t, ctx, Options{From: from, To: to, Progress: func(table string, _ int64) {
			if table == at {
				cancel()
			}
		}}, "context canceled")
		cancel()
	}
	half := opened(t, to)
	if unfinished, err := Unfinished(t.Context(), half); err != nil || !unfinished {
		t.Errorf("what is there counts as complete: %v", err)
	}
	if err := half.Close(); err != nil {
		t.Fatal(err)
	}
	copies(t, t.Context(), Options{From: to, To: fileAt(t)}, "not complete")
	other := fileAt(t)
	fill(t, other)
	copies(t, t.Context(), Options{From: other, To: to}, "another ledger")
	rows := int64(0)
	r := copies(t, t.Context(), Options{From: from, To: to, Progress: func(_ string, n int64) { rows = max(rows, n) }}, "")
	if !r.Resumed || rows > 10 {
		t.Errorf("resumed %v, and %d rows of a table were written again", r.Resumed, rows)
	}
	sameEverywhere(t, from, to)
}

// A ledger that was served between the two halves of a copy is not what was copied.
func TestACopyOfAChangedLedgerIsRefused(t *testing.T) {
	from, to := fileAt(t), fileAt(t)
	fill(t, from)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	copies(t, ctx, Options{From: from, To: to, Progress: func(table string, _ int64) {
		if table == "pages" {
			cancel()
		}
	}}, "context canceled")
	d := opened(t, from)
	err := d.Update(t.Context(), func(tx database.Querier) error {
		return tx.Exec(t.Context(), "UPDATE mailboxes SET mismatches = 99 WHERE id = 1")
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	copies(t, t.Context(), Options{From: from, To: to}, "rows of mailboxes differ")
	copies(t, t.Context(), Options{From: from, To: to, Restart: true}, "")
	sameEverywhere(t, from, to)
}

func TestAServedLedgerIsNotCopied(t *testing.T) {
	from, to := fileAt(t), fileAt(t)
	fill(t, from)
	serving := from
	serving.Serve = true
	d := opened(t, serving)
	copies(t, t.Context(), Options{From: from, To: to}, "the ledger to copy "+from.Source+" is served")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	serving = to
	serving.Serve = true
	opened(t, serving)
	copies(t, t.Context(), Options{From: from, To: to}, "the target "+to.Source+" is served")
}
