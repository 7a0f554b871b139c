package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"popbridge/proxy/ledger/database"
)

// Row is one row of a ledger, as Walk gives it.
type Row struct {
	Table string
	// Wrong is that a value is not of the type that the schema has for it; SQLite takes
	// every value in every column.
	Wrong  error
	of     table
	values []any
}

// Walk calls f for every row of the tables that are copied, table by table in the order
// of keys, and begin before the first of each table.
func Walk(ctx context.Context, d *database.DB, begin func(table string), f func(Row) error) error {
	tables, err := shape(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		begin(t.name)
		if err := t.walk(ctx, d, nil, func(values []any, wrong error) error { return f(Row{t.name, wrong, t, values}) }); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// value is that of a column, which must be one of the table's.
func (r Row) value(name string) any {
	return r.values[slices.IndexFunc(r.of.columns, func(c column) bool { return c.name == name })]
}

// Text is the value of a column of that type; empty where there is none.
func (r Row) Text(column string) string { s, _ := r.value(column).(string); return s }

// Number is the value of a column of that type; 0 where there is none.
func (r Row) Number(column string) int64 { n, _ := r.value(column).(int64); return n }

// Octets is the value of a column of that type; nil where there is none.
func (r Row) Octets(column string) []byte { b, _ := r.value(column).([]byte); return b }

// Key is SQL that is true of this row alone, with its arguments from $1 upwards, and the
// same for people.
func (r Row) Key() (condition string, args []any, words string) {
	var terms, told []string
	for i, name := range r.of.key {
		v := r.value(name)
		terms, args = append(terms, fmt.Sprintf("%s = $%d", name, i+1)), append(args, v)
		if s, ok := v.(string); ok {
			v = database.Unname(s)
		}
		told = append(told, fmt.Sprintf("%s %v", name, v))
	}
	return strings.Join(terms, " AND "), args, strings.Join(told, ", ")
}
