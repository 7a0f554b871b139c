package lookup

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// customers are statements that make the table which customersQuery asks.
const customers = `CREATE TABLE IF NOT EXISTS customers (name varchar(255) PRIMARY KEY, upstream varchar(99), login varchar(255), maildrop varchar(99), action varchar(9));
DELETE FROM customers;
INSERT INTO customers VALUES ('bob@example.org', 'mail', '` + owner + `', 'lab', NULL), ('refused@example.org', NULL, NULL, NULL, 'refuse'), ('wrong@example.org', 'nwe', NULL, NULL, NULL);`

func sqlLookup(source string) string {
	return fmt.Sprintf("    driver: sql\n    source: %q\n    timeout: 1s\n    cache: 0s\n    negative_cache: 0s\n    query: SELECT upstream, login AS account, maildrop, action FROM customers WHERE name = $1", source)
}

func TestPostgres(t *testing.T) {
	imap := bridge.Demo(t, 2)
	p := servers.StartPostgres(t)
	db, err := sql.Open("pgx", p.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), customers); err != nil {
		t.Fatal(err)
	}
	b := bridge.Start(t, config(imap, imap, sqlLookup(p.DSN)), password, p.Password)
	tried(t, b)
	hostile(t, b)
	p.Stop()
	gone(t, b, "")
	p.Start(t)
	tried(t, b)
}

func TestMariaDB(t *testing.T) {
	imap := bridge.Demo(t, 2)
	m := servers.StartMariaDB(t, customers)
	source := url.URL{Scheme: "mysql", User: url.UserPassword(m.User, m.Password), Host: m.Address, Path: "/popbridge"}
	b := bridge.Start(t, config(imap, imap, sqlLookup(source.String())), password, m.Password)
	tried(t, b)
	hostile(t, b)
	m.Freeze()
	gone(t, b, "no answer within 1s")
	m.Thaw()
	tried(t, b)
	m.Stop()
	gone(t, b, "connection refused")
	m.Start(t)
	tried(t, b)

	source.Host, source.RawQuery = "", "socket="+url.QueryEscape(m.Socket)
	if !b.Reload(config(imap, imap, sqlLookup(source.String()))) {
		t.Fatal("a socket is refused")
	}
	tried(t, b)
	source.User = url.UserPassword(m.User, "wrong")
	if !b.Reload(config(imap, imap, sqlLookup(source.String()))) {
		t.Fatal("a wrong password is refused before it is tried")
	}
	b.Refused(t, "bob@example.org", password, "[SYS/TEMP]")
	b.AwaitLine("bob@example.org", "Access denied")
}

func TestSQLite(t *testing.T) {
	imap := bridge.Demo(t, 2)
	path := filepath.Join(t.TempDir(), "customers of 2026?.db")
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for statement := range strings.SplitSeq(customers, "\n") {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	b := bridge.Start(t, config(imap, imap, sqlLookup("sqlite:"+path)), password)
	tried(t, b)
	hostile(t, b)
}
