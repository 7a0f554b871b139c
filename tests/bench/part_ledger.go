package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"popbridge/tests/servers"
)

// ledger measures what is remembered between sessions. The other parts keep it in
// memory; here it is a file, and PostgreSQL.
func ledger(s *site) []row {
	return append(s.inner(), s.ledgers()...)
}

// inner has the figures that only the package itself can take: from its Go
// benchmarks, which run as a process of their own.
func (s *site) inner() []row {
	octets := s.benchmark("popbridge/proxy/ledger", "Octets", "1x")
	login := s.benchmark("popbridge/proxy/ledger", "Login", "200x")
	accounts := s.benchmark("popbridge/proxy/ledger", "Accounts", "1000x")
	one := func(work, unit string, f figure) row {
		return row{work: "ledger: " + work, unit: unit, less: true, popbridge: f}
	}
	return []row{
		one("of a listing", "octets/message", octets["Octets listing-octets/message"]),
		one("of a content key", "octets/message", octets["Octets key-octets/message"]),
		one("of a pinned unique-id", "octets/message", octets["Octets pin-octets/message"]),
		one("login, 100,000 messages unchanged, warm", "µs", thousandth(login["Login/warm ns/op"])),
		one("login, 100,000 messages unchanged, cold", "µs", thousandth(login["Login/cold ns/op"])),
		bounded(one("writes for a poll of an unchanged mailbox, SQLite", "writes", login["Login/warm writes/login"]), 0.001),
		one("login, 1,000 accounts", "µs", thousandth(accounts["Accounts/1000 ns/op"])),
		one("login, 1,000,000 accounts", "µs", thousandth(accounts["Accounts/1000000 ns/op"])),
	}
}

func thousandth(f figure) figure {
	if f == nil {
		return nil
	}
	return measured(*f / 1000)
}

// benchmark runs one of the ledger's Go benchmarks and gives its figures by name
// and unit, as in "Login/warm ns/op". It has to be run where the sources are.
func (s *site) benchmark(pkg, name, times string) map[string]figure {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark"+name+"$", "-benchtime", times, pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		s.Fatalf("the benchmark %s of %s: %v\n%s", name, pkg, err, out)
	}
	return figuresIn(string(out))
}

// figuresIn reads lines such as "BenchmarkLogin/warm-2 200 23598 ns/op 0 writes/login",
// in which the 2 is GOMAXPROCS.
func figuresIn(out string) map[string]figure {
	figures := make(map[string]figure)
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		which, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				figures[which+" "+fields[i+1]] = measured(v)
			}
		}
	}
	return figures
}

// ledgers are polls with the ledger on disk.
func (s *site) ledgers() []row {
	b := s.box("ten", 10, 2000)
	postgres := servers.StartPostgres(s.stage)
	db, err := sql.Open("pgx", postgres.DSN)
	s.must(err)
	defer db.Close()
	plain := func(c *contender) entry { return c.plain }
	var rows []row
	for _, kind := range []struct{ name, state string }{{"SQLite", "sqlite"}, {"PostgreSQL", postgres.DSN}} {
		side := s.popbridge("popbridge "+kind.name, s.upstream.IMAP, kind.state)
		r := s.polls([]*contender{side}, b, pollTime, plain)
		rows = append(rows,
			r.row(0, "poll, 10 messages, 8 clients, ledger in "+kind.name, "sessions/s", false, "none", 0, ""),
			r.row(1, "CPU of the proxy for 1,000 of these", "s", true, "none", 0, ""))
	}
	return append(rows, s.writes(db, b))
}

// writes counts the rows that PostgreSQL writes for a poll of an unchanged
// mailbox. It adds up its statistics about once a second.
func (s *site) writes(db *sql.DB, b *box) row {
	const polls = 300
	c, r := s.sides["popbridge PostgreSQL"], &results{samples: make(map[string][]sample)}
	written := func() (n float64) {
		time.Sleep(3 * time.Second)
		s.must(db.QueryRow("SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
		return n
	}
	before := written()
	r.take(clients(1, times(polls), func(int, int) error { return c.plain.poll("poll0", b) }))
	r.samples["popbridge"] = []sample{{(written() - before) / polls}}
	return r.row(0, fmt.Sprintf("ledger: rows written for a poll, PostgreSQL (%d polls)", polls), "rows", true, "none", 0, "the lease")
}
