package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"popbridge/proxy/ledger/database"
)

// names are the columns, in the order in which rows have their values.
func (t table) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// order is the key for ORDER BY. Texts are compared by their octets, so that both
// databases have one order.
func (t table) order(d *database.DB, direction string) string {
	terms := make([]string, len(t.key))
	for i, name := range t.key {
		terms[i] = t.ordered(d, name) + direction
	}
	return strings.Join(terms, ", ")
}

func (t table) ordered(d *database.DB, name string) string {
	for _, c := range t.columns {
		if c.name == name && c.kind == "TEXT" {
			return d.ByOctets(name)
		}
	}
	return name
}

// each calls f for every row behind a key, or for all where it is nil, in the order of
// keys. The values are f's own.
func (t table) each(ctx context.Context, d *database.DB, after []any, f func([]any) error) error {
	return t.walk(ctx, d, after, func(row []any, err error) error {
		if err != nil {
			return fmt.Errorf("%s.%w", t.name, err)
		}
		return f(row)
	})
}

// walk is each which goes on behind a row that has a value the schema does not allow:
// f gets the values as they were read, and what is wrong.
func (t table) walk(ctx context.Context, d *database.DB, after []any, f func([]any, error) error) error {
	text := "SELECT " + t.names() + " FROM " + t.name
	if after != nil {
		text += " WHERE (" + t.order(d, "") + ") > (" + arguments(1, len(after)) + ")"
	}
	if len(t.key) > 0 {
		text += " ORDER BY " + t.order(d, "")
	}
	return d.View().Each(ctx, func(scan func(...any) error) error {
		row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := scan(into...); err != nil {
			return err
		}
		var wrong error
		for i, c := range t.columns {
			v, err := c.value(row[i])
			if err != nil {
				wrong = fmt.Errorf("%s: %w", c.name, err)
				continue
			}
			row[i] = v
		}
		return f(row, wrong)
	}, text, after...)
}

// value gives what a driver has read in the one form that both write and that is
// summed up.
func (c column) value(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		if c.null {
			return nil, nil
		}
		if c.kind == "BLOB" {
			return []byte{}, nil
		}
	case int64:
		switch c.kind {
		case "INTEGER", "BIGINT":
			return v, nil
		case "BOOLEAN":
			return v != 0, nil
		}
	case bool:
		if c.kind == "BOOLEAN" {
			return v, nil
		}
	case string:
		switch c.kind {
		case "TEXT":
			return v, nil
		case "BLOB":
			return []byte(v), nil
		}
	case []byte:
		switch c.kind {
		case "TEXT":
			return string(v), nil
		case "BLOB":
			if len(v) == 0 { // drivers do not all tell no octets from nothing
				return c.value(nil)
			}
			return v, nil
		}
	}
	return nil, fmt.Errorf("column %s contains a value of Go type %T where the schema has %s: the ledger is damaged, restore it from a backup", c.name, v, c.kind)
}

// last gives the greatest key, nil for none.
func (t table) last(ctx context.Context, d *database.DB) (key []any, err error) {
	err = d.View().Each(ctx, func(scan func(...any) error) error {
		into := make([]any, len(t.key))
		key = make([]any, len(t.key))
		for i := range key {
			into[i] = &key[i]
		}
		return scan(into...)
	}, "SELECT "+strings.Join(t.key, ", ")+" FROM "+t.name+" ORDER BY "+t.order(d, " DESC")+" LIMIT 1")
	return key, err
}

// sum counts the rows of a table, and makes one number of all that they hold.
func (t table) sum(ctx context.Context, d *database.DB) (rows int64, sum string, err error) {
	h := sha256.New()
	err = t.each(ctx, d, nil, func(row []any) error {
		rows++
		for _, v := range row {
			hashed(h, v)
		}
		return nil
	})
	return rows, hex.EncodeToString(h.Sum(nil)), err
}

// hashed adds a value with its kind and length, so that no two rows look alike. A hash
// never fails to write.
func hashed(h hash.Hash, v any) {
	write := func(kind byte, data []byte) {
		_, _ = h.Write(binary.AppendUvarint([]byte{kind}, uint64(len(data))))
		_, _ = h.Write(data)
	}
	switch v := v.(type) {
	case nil:
		write('n', nil)
	case int64:
		write('i', strconv.AppendInt(nil, v, 10))
	case bool:
		write('b', strconv.AppendBool(nil, v))
	case string:
		write('t', []byte(v))
	case []byte:
		write('o', v)
	}
}

// arguments are n placeholders from a number upwards.
func arguments(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(list, ", ")
}
