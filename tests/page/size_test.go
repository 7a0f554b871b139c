package page_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestSize shows what the pages cost with as many accounts as PAGE_ACCOUNTS says, such as
// 100000, and as many sessions as PAGE_SESSIONS, such as 10000, on three proxies that share
// a PostgreSQL: the time of each page, and that of its statements by the ledger's own
// numbers. Nothing here passes or fails by the clock: each page has to come, and to be no
// longer for many accounts. Without these words there are few.
func TestSize(t *testing.T) {
	accounts, sessions := number(t, "PAGE_ACCOUNTS", 2000), number(t, "PAGE_SESSIONS", 60)
	pg := servers.StartPostgres(t)
	db, err := sql.Open("pgx", pg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxIdleConns(0)
	run := func(text string, args ...any) {
		t.Helper()
		if _, err := db.Exec(text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	run("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
	pg.Stop()
	pg.Start(t)
	run("CREATE EXTENSION pg_stat_statements")

	root := fmt.Sprintf("http://127.0.0.1:%d", servers.FreePorts(t, 1)[0])
	config := fmt.Sprintf(`upstream:
  mail: {address: %q, tls: none}
  old: {address: "127.0.0.1:1", tls: none, protocol: pop3}
route: [{upstream: mail}]
listener: {pop3: {address: "127.0.0.1:0", plaintext_auth: true}}
state: {driver: postgres, source: %q}
login: {device_separator: "+"}
log: {level: error}
limits: {failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0, connections: 20000, connections_per_ip: 20000}
`, bridge.Demo(t, 10), pg.DSN)
	proxies := []*bridge.Bridge{bridge.Start(t, strings.Replace(config, "level: error", "level: info", 1)+fmt.Sprintf("admin: {address: %q, password_file: %q}\n", strings.TrimPrefix(root, "http://"), put(t, "password", pagePassword)))}
	for range 2 {
		proxies = append(proxies, bridge.Start(t, strings.Replace(config, "level: error", "level: info", 1)))
	}
	for _, statement := range bridge.Crowd(accounts) {
		run(statement)
	}
	run("ANALYZE")

	var waiting sync.WaitGroup
	for hand := range 16 {
		waiting.Go(func() {
			for i := hand; i < sessions; i += 16 {
				bridge.Login(t, proxies[i%len(proxies)].Address("pop3"), fmt.Sprintf("alice@example.org+d%05d", i), "wonderland")
			}
		})
	}
	waiting.Wait()

	half := fmt.Sprintf("u%06d@example.org", accounts/2)
	c := from(t, root, "127.0.0.1")
	cookie := c.enter()
	for _, path := range []string{
		"/", "/trouble", "/sessions", fmt.Sprintf("/sessions?from=%d", sessions/2), "/accounts", "/accounts?search=u05", "/accounts?after=" + url.QueryEscape(half),
		"/account?name=" + url.QueryEscape(half), "/deletions?name=" + url.QueryEscape(half), "/migration", "/configuration?all=1",
	} {
		run("SELECT pg_stat_statements_reset()")
		var took []string
		for range 3 {
			began := time.Now()
			got, text := c.send(path, nil, "Cookie", cookie.Name+"="+cookie.Value)
			took = append(took, time.Since(began).Round(time.Millisecond).String())
			if got.StatusCode != http.StatusOK {
				t.Errorf("%s: %s %.200s", path, got.Status, text)
			}
			if len(text) > longest {
				t.Errorf("%s has %d octets, at most %d are wanted, however many accounts there are", path, len(text), longest)
			}
		}
		t.Logf("%-50s %s", path, strings.Join(took, " "))
		for _, line := range statements(t, db) {
			t.Log(line)
		}
	}
}

// longest is how many octets a page has at most: a list of some 50 entries.
const longest = 200 << 10

// number is what a word of the environment says, or else what is enough for a look.
func number(t *testing.T, word string, enough int) int {
	t.Helper()
	text := os.Getenv(word)
	if text == "" {
		return enough
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return n
}

// statements are those that took the longest, of all since the last reset.
func statements(t *testing.T, db *sql.DB) (lines []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), `SELECT max_exec_time, calls, rows, regexp_replace(query, '\s+', ' ', 'g') FROM pg_stat_statements
		WHERE query NOT LIKE '%pg_stat%' ORDER BY max_exec_time DESC LIMIT 3`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var most float64
		var calls, read int64
		var text string
		if err := rows.Scan(&most, &calls, &read, &text); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("    %8.2f ms at most, %d times, %d rows: %.110s", most, calls, read, text))
	}
	return lines
}
