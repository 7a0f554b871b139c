//go:build postgres

// These tests start a PostgreSQL. tests/state runs them: the units need no server.

package ledger_test

import (
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
)

// databaseOf makes an empty database on a server that tests share.
func databaseOf(t testing.TB, server *servers.Postgres) place {
	t.Helper()
	return databaseLike(t, server, "template1")
}

// databaseLike makes a copy of another database of the server, to which nobody is
// connected.
func databaseLike(t testing.TB, server *servers.Postgres, template string) place {
	t.Helper()
	db, err := sql.Open("pgx", server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, db)
	name := "test_" + strings.ToLower(rand.Text())
	if _, err = db.Exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(server.DSN, "/popbridge?", "/"+name+"?", 1)
	return place{ledger.Options{Driver: ledger.DriverPostgres, Source: source, Proxy: "one"}, true, nil}
}

// TestPostgres makes the schema once: each case has a copy of that database.
func TestPostgres(t *testing.T) {
	server := servers.StartPostgres(t)
	s, err := ledger.Open(t.Context(), ledger.Options{Driver: ledger.DriverPostgres, Source: server.DSN, Proxy: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.test(t, databaseLike(t, server, "popbridge")) })
	}
}
