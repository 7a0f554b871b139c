package main

import (
	"database/sql"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// What the page has to show: so many accounts in the ledger, and so many sessions on three
// proxies that share it.
const (
	crowded = 100_000
	present = 10_000
)

// admin measures the page of an installation of some size, and what it costs the devices
// that somebody looks at it each second.
func admin(s *site) []row {
	postgres := servers.StartPostgres(s.stage)
	db, err := sql.Open("pgx", postgres.DSN)
	s.must(err)
	defer db.Close()
	_, err = db.Exec("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
	s.must(err)
	postgres.Stop()
	postgres.Start(s.stage)
	_, err = db.Exec("CREATE EXTENSION pg_stat_statements")
	s.must(err)

	page := fmt.Sprintf("127.0.0.1:%d", servers.FreePorts(s.stage, 1)[0])
	file := filepath.Join(s.dir, "page-password")
	s.must(os.WriteFile(file, []byte(password+"\n"), 0o600))
	const old = "}\n  old: {address: \"127.0.0.1:1\", tls: none, protocol: pop3"
	const routes = "route: [{upstream: mail}]\n"
	served := s.popbridgeListening("popbridge page", s.upstream.IMAP, old, routes+fmt.Sprintf("admin: {address: %q, password_file: %q}\n", page, file), postgres.DSN)
	proxies := []*contender{served}
	for _, name := range []string{"two", "three"} {
		proxies = append(proxies, s.popbridgeListening("popbridge page "+name, s.upstream.IMAP, old, routes, postgres.DSN))
	}
	for _, statement := range append(bridge.Crowd(crowded), "ANALYZE") {
		_, err := db.Exec(statement)
		s.must(err)
	}
	b := s.box("ten", 10, 2000)
	r := &results{samples: make(map[string][]sample)}
	leave := s.crowd(proxies, b, r)
	defer leave()
	time.Sleep(rest)
	v := &viewer{site: "http://" + page}
	s.must(v.login())
	rows := s.pages(v, db, r)
	return append(rows, s.watched(v, served, b))
}

// crowd logs all the sessions in, and gives what ends them.
func (s *site) crowd(proxies []*contender, b *box, r *results) (leave func()) {
	held := make([]*device, present)
	r.take(clients(16, times(present), func(_, turn int) error {
		d, err := connect(proxies[turn%len(proxies)].plain.address, nil)
		if err != nil {
			return err
		}
		held[turn] = d
		return d.login(fmt.Sprintf("present%d", turn), b)
	}))
	return func() {
		for _, d := range held {
			if d != nil {
				d.close()
			}
		}
	}
}

// viewer is a person's browser.
type viewer struct {
	site   string
	client http.Client
}

func (v *viewer) login() (err error) {
	if v.client.Jar, err = cookiejar.New(nil); err != nil {
		return err
	}
	got, err := v.client.PostForm(v.site+"/login", url.Values{"password": {password}})
	if err != nil {
		return err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err == nil && (got.StatusCode != http.StatusOK || !strings.Contains(string(text), "Logins a minute")) {
		err = fmt.Errorf("the page's login answers %s", got.Status)
	}
	return err
}

// look loads a page whole, and gives how long it took, in milliseconds.
func (v *viewer) look(path string) (took float64, err error) {
	began := time.Now()
	got, err := v.client.Get(v.site + path)
	if err != nil {
		return 0, err
	}
	defer got.Body.Close()
	if _, err = io.Copy(io.Discard, got.Body); err == nil && got.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, got.Status)
	}
	return time.Since(began).Seconds() * 1000, err
}

// pages measures each page five times, the first look at it included.
func (s *site) pages(v *viewer, db *sql.DB, r *results) []row {
	half := url.QueryEscape(fmt.Sprintf("u%06d@example.org", crowded/2))
	var slowest, statement float64
	for _, path := range []string{
		"/", "/trouble", "/sessions", fmt.Sprintf("/sessions?from=%d", present/2), "/accounts", "/accounts?search=u05", "/accounts?after=" + half,
		"/account?name=" + half, "/deletions?name=" + half, "/migration", "/configuration?all=1",
	} {
		_, err := db.Exec("SELECT pg_stat_statements_reset()")
		s.must(err)
		var took []float64
		for range 5 {
			one, err := v.look(path)
			r.take(failed(err))
			took = append(took, one)
		}
		// What a page has begun in the background is over by then; it counts. What a proxy says
		// of its sessions by itself (WITH beat) does not.
		time.Sleep(3 * time.Second)
		var most float64
		var text string
		s.must(db.QueryRow("SELECT max_exec_time, regexp_replace(query, '\\s+', ' ', 'g') FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat%' AND query NOT LIKE 'WITH beat %' ORDER BY max_exec_time DESC LIMIT 1").Scan(&most, &text))
		fmt.Printf("%-50s first %.1f ms, half of five within %.1f ms, the slowest %.1f ms; %.1f ms at most: %.80s\n", path, took[0], median(took), slices.Max(took), most, text)
		slowest, statement = max(slowest, slices.Max(took)), max(statement, most)
	}
	r.samples["popbridge"] = []sample{{slowest, statement}}
	work := "page, 100,000 accounts, 10,000 sessions on 3 proxies: "
	return []row{
		bounded(r.row(0, work+"the slowest of all", "ms", true, "", 0, ""), 200),
		bounded(r.row(1, work+"the ledger's slowest statement", "ms", true, "", 0, ""), 200),
	}
}

// watched compares polls while somebody looks at the page each second with polls while
// nobody does. What it costs may not be seen: half of the rounds are within what the
// slowest takes in which nobody looks.
func (s *site) watched(v *viewer, c *contender, b *box) row {
	const parallel, rounds = 8, 5
	r := &results{samples: make(map[string][]sample)}
	poll := func(client, _ int) error { return c.plain.poll(fmt.Sprintf("seen%d", client), b) }
	r.take(clients(parallel, times(4*parallel), poll)) // everyone is warm
	turn := func(name string) {
		t := clients(parallel, during(2*pollTime), poll)
		r.take(t)
		r.samples[name] = append(r.samples[name], sample{1000 * parallel / t.perSecond()})
	}
	for range rounds {
		turn("nobody looks")
		end, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- v.keepLooking(end) }()
		turn("somebody looks")
		close(end)
		r.take(failed(<-ended))
	}
	var without []float64
	for _, one := range r.samples["nobody looks"] {
		without = append(without, one[0])
	}
	row := r.pairRow(pair{five: &contender{name: "somebody looks"}, one: &contender{name: "nobody looks"}}, 0, "poll, 8 clients, while somebody looks at the page each second", "ms", true)
	row.aim = "the slowest of 5 rounds in which nobody looks"
	return bounded(row, math.Ceil(100*slices.Max(without))/100)
}

// keepLooking looks at two pages in turn, each second, until end is closed.
func (v *viewer) keepLooking(end <-chan struct{}) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for n := 0; ; n++ {
		if _, err := v.look([]string{"/", "/sessions"}[n%2]); err != nil {
			return err
		}
		select {
		case <-end:
			return nil
		case <-ticker.C:
		}
	}
}
