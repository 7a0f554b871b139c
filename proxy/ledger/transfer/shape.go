package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"popbridge/proxy/ledger/database"
)

// left are the tables that are not copied: the version of the schema is each database's
// own, and the others hold what is true only while a service runs on theirs.
var left = []string{"schema_versions", "proxies", "leases", "failures", "questions", "presences", mark}

// table is what has to be known of a table in order to copy it.
type table struct {
	name    string
	columns []column
	key     []string // the primary key's columns, in its order; none: a table of a few rows
	numbers bool     // the database gives the ids
	needs   []string // the tables that it refers to
}

type column struct {
	name string
	kind string // as SQLite declares it: INTEGER, BIGINT, BOOLEAN, TEXT or BLOB
	null bool
}

// shape gives the tables of the schema, each behind those that it refers to. It is
// read from a new database in memory: both sides of a copy have been brought up to this
// program's schema, so they have the same.
func shape(ctx context.Context) ([]table, error) {
	db, err := database.Open(ctx, database.Options{Driver: database.Memory, Log: func(string, string, ...any) {}})
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf(ctx, db.View())
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return sorted(tables)
}

func tablesOf(ctx context.Context, c database.Querier) (tables []table, err error) {
	err = c.Each(ctx, func(scan func(...any) error) error {
		var t table
		var text string
		err := scan(&t.name, &text)
		t.numbers = strings.Contains(text, "AUTOINCREMENT")
		if !slices.Contains(left, t.name) {
			tables = append(tables, t)
		}
		return err
	}, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	for i := range tables {
		if err == nil {
			err = tables[i].read(ctx, c)
		}
	}
	return tables, err
}

// read asks for the columns of a table, and for what it refers to.
func (t *table) read(ctx context.Context, c database.Querier) error {
	places := make(map[int]string)
	err := c.Each(ctx, func(scan func(...any) error) error {
		var col column
		var key int
		err := scan(&col.name, &col.kind, &col.null, &key)
		t.columns = append(t.columns, col)
		if key > 0 {
			places[key] = col.name
		}
		return err
	}, `SELECT name, type, "notnull" = 0, pk FROM pragma_table_info($1) ORDER BY cid`, t.name)
	if err != nil {
		return err
	}
	for i := 1; i <= len(places); i++ {
		t.key = append(t.key, places[i])
	}
	return c.Each(ctx, func(scan func(...any) error) error {
		var other string
		err := scan(&other)
		t.needs = append(t.needs, other)
		return err
	}, `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, t.name)
}

// sorted puts each table behind those that it needs.
func sorted(tables []table) (list []table, err error) {
	placed := func(name string) bool {
		return slices.ContainsFunc(list, func(t table) bool { return t.name == name })
	}
	for len(list) < len(tables) {
		before := len(list)
		for _, t := range tables {
			if !placed(t.name) && !slices.ContainsFunc(t.needs, func(n string) bool { return !placed(n) }) {
				list = append(list, t)
			}
		}
		if len(list) == before {
			return nil, fmt.Errorf("the tables of the schema refer to each other in a circle; %d of %d can be put in order", before, len(tables))
		}
	}
	return list, nil
}
