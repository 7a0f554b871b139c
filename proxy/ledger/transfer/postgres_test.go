//go:build postgres

// These tests start a PostgreSQL. tests/state runs them: the units need no server.

package transfer

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"popbridge/proxy/ledger/database"
	"popbridge/tests/servers"
)

func TestPostgresHoldsACopy(t *testing.T) {
	server := servers.StartPostgres(t)
	from, back := fileAt(t), fileAt(t)
	there := database.Options{Driver: database.Postgres, Source: server.DSN, Log: from.Log}
	fill(t, from)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	copies(t, ctx, Options{From: from, To: there, Progress: func(table string, _ int64) {
		if table == "device_passwords" {
			cancel()
		}
	}}, "context canceled")
	if r := copies(t, t.Context(), Options{From: from, To: there}, ""); !r.Resumed {
		t.Error("the copy was begun again")
	}
	sameEverywhere(t, from, there)
	if id := nextID(t, there); id != filled+8 {
		t.Errorf("the next id on PostgreSQL is %d", id)
	}
	// nextID has used one up: what was given is not given again, rolled back or not.
	copies(t, t.Context(), Options{From: there, To: back}, "")
	sameEverywhere(t, from, back)
	if id := nextID(t, back); id != filled+9 {
		t.Errorf("the next id in the file is %d", id)
	}

	db, err := sql.Open("pgx", server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var fence int64
	if err := db.QueryRow("SELECT nextval('fences')").Scan(&fence); err != nil || fence <= filled {
		t.Errorf("the next fence is %d, which an intent has: %v", fence, err)
	}
	known := left
	for _, tab := range shaped(t) {
		known = append(known, tab.name)
	}
	rows, err := db.Query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil || !slices.Contains(known, name) {
			t.Errorf("PostgreSQL has the table %s, which is neither copied nor left out: %v", name, err)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Error(err)
	}
	if _, err := db.Exec("INSERT INTO proxies (id, heartbeat) VALUES ('host[1]/x', now())"); err != nil {
		t.Fatal(err)
	}
	copies(t, t.Context(), Options{From: there, To: fileAt(t)}, "the ledger to copy is served by host[1]")
}
