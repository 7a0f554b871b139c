package state_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestRefusesToStart: what is wrong with the ledger is said at start, with what
// to do, and no secret with it.
func TestRefusesToStart(t *testing.T) {
	pg := servers.StartPostgres(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// A service that has run makes each ledger that is spoilt afterwards.
	ledgerAt := func(d driver) driver {
		end(t, d.serve(t, "127.0.0.1:1"))
		return d
	}
	served := sqliteAt(filepath.Join(dir, "served.db"))
	served.serve(t, "127.0.0.1:1")
	damaged := ledgerAt(sqliteAt(filepath.Join(dir, "damaged.db")))
	damage(t, damaged.options.source)
	newer := ledgerAt(sqliteAt(filepath.Join(dir, "newer.db")))
	newerSchema(t, "sqlite", newer.options.source)
	newerToo := ledgerAt(onPostgres(pg))
	newerSchema(t, "pgx", newerToo.options.source)

	wrong := strings.Replace(pg.DSN, "s3cret", "an0ther", 1)
	for _, c := range []struct {
		name, kind, source string
		says               []string
	}{
		{"a second service", "sqlite", served.options.source, []string{"in use by another running popbridge", "postgres"}},
		{"no ledger at all", "sqlite", file("text", strings.Repeat("not a database\n", 100)), []string{"not a ledger", "state.source"}},
		{"a damaged file", "sqlite", damaged.options.source, []string{"damaged", "backup"}},
		{"a newer schema", "sqlite", newer.options.source, []string{"newer"}},
		{"a folder that cannot be written", "sqlite", "/proc/sys/state.db", []string{"right to write"}},
		{"a newer schema in PostgreSQL", "postgres", newerToo.options.source, []string{"newer"}},
		{"a wrong password", "postgres", wrong, []string{"refuses the user or the password"}},
		{"no such database", "postgres", strings.Replace(pg.DSN, "/popbridge?", "/elsewhere?", 1), []string{"no such database"}},
		{"nobody there", "postgres", "postgres://popbridge:s3cret%40word@127.0.0.1:1/popbridge", []string{"cannot be reached"}},
		{"not a connection string", "postgres", "postgres://popbridge:s3cret%40word@[", []string{"not a PostgreSQL connection string"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "popbridge.yaml")
			config := bridge.YAML("127.0.0.1:1", "none", "", bridge.State(c.kind, c.source))
			if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			b := bridge.Run(t, []string{"serve", "--config", path}, "s3cret", "an0ther")
			expect(t, "exit code", b.Wait(), 1)
			for _, word := range c.says {
				if !strings.Contains(b.Output(), word) {
					t.Errorf("it does not say %q: %s", word, b.Output())
				}
			}
		})
	}
}

// damage overwrites a SQLite file behind its first page.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	rest := info.Size() - 4096
	if rest < 4096 {
		t.Fatalf("the ledger has %d octets only", info.Size())
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xA5", int(rest))), 4096); err != nil {
		t.Fatal(err)
	}
}

// newerSchema makes a ledger one of a later popbridge.
func newerSchema(t *testing.T, kind, source string) {
	t.Helper()
	db, err := sql.Open(kind, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO schema_versions (version_id, is_applied) VALUES (7000, true)"); err != nil {
		t.Fatal(err)
	}
}
