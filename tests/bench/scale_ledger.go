package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	program "popbridge/proxy/ledger"
	"popbridge/tests/servers"
)

// scaledLedger is a ledger with many accounts, and the service in front of it.
type scaledLedger struct {
	driver, source string
	accounts       int
	messages       int // of an account that has many
	config, log    string
	db             *sql.DB
	side           *contender
	cmd            *exec.Cmd
	ended          chan error
	drop           func()
}

func (l *scaledLedger) title() string {
	return fmt.Sprintf("%s, %d accounts", map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[l.driver], l.accounts)
}

// bigs is how many accounts have many messages.
func (l *scaledLedger) bigs() int { return max(20, l.accounts/bigOneIn) }

// small names an account with few messages, and big one with many; the box is their
// domain.
func (l *scaledLedger) small(i int) string { return fmt.Sprintf("u%d", i%l.accounts+1) }
func (l *scaledLedger) big(i int) string   { return fmt.Sprintf("v%d", i%l.bigs()+1) }

const scaleConf = `
log: {level: info}
state:
  driver: %[1]s
  source: %[2]q
  journal_keep: all
listener:
  plain: {address: %[3]q, tls: none, plaintext_auth: true}
upstream:
  mail: {address: %[4]q, tls: none}
  old: {protocol: pop3, address: "127.0.0.1:1", tls: none}
maildrop:
  default: {on_delete: hide, on_retrieve: nothing}
route: [{upstream: mail}]
limits:
  connections: 20000
  connections_per_ip_exempt: ["127.0.0.0/8"]
`

// scaled makes an empty ledger.
func (s *site) scaled(server *servers.Postgres, driver string, accounts int) *scaledLedger {
	dir, err := os.MkdirTemp(s.dir, "scale-")
	s.must(err)
	l := &scaledLedger{driver: driver, accounts: accounts, messages: bigMessages, source: filepath.Join(dir, "state.db"), config: filepath.Join(dir, "popbridge.yaml"), log: filepath.Join(dir, "log")}
	l.drop = func() { s.must(l.db.Close()); s.must(os.RemoveAll(dir)) }
	address := "file:" + (&url.URL{Path: l.source}).EscapedPath() + "?_pragma=busy_timeout(60000)"
	kind := "sqlite"
	if driver == "postgres" {
		name := fmt.Sprintf("scale_%d", accounts)
		admin, err := sql.Open("pgx", server.DSN)
		s.must(err)
		_, err = admin.Exec("CREATE DATABASE " + name)
		s.must(err)
		l.source = strings.Replace(server.DSN, "/popbridge?", "/"+name+"?", 1)
		address, kind = l.source, "pgx"
		l.drop = func() {
			s.must(l.db.Close())
			_, err := admin.Exec("DROP DATABASE " + name)
			s.must(err)
			s.must(admin.Close())
			s.must(os.RemoveAll(dir))
		}
	}
	l.db, err = sql.Open(kind, address)
	s.must(err)
	l.db.SetMaxOpenConns(1)
	plain := fmt.Sprintf("127.0.0.1:%d", servers.FreePorts(s.stage, 1)[0])
	s.must(os.WriteFile(l.config, fmt.Appendf(nil, scaleConf, driver, l.source, plain, s.upstream.IMAP), 0o600))
	l.side = &contender{name: "popbridge", plain: entry{address: plain}, config: l.config}
	return l
}

// startScaled starts the service and gives the time until it takes connections.
func (s *site) startScaled(l *scaledLedger) float64 {
	s.build()
	log, err := os.OpenFile(l.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	s.must(err)
	l.cmd = exec.Command(s.binary, "serve", "--config", l.config)
	l.cmd.Stdout, l.cmd.Stderr = log, log
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	began := time.Now()
	s.must(l.cmd.Start())
	l.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(l.cmd, l.ended)
	s.awaitReady(l.side, l.ended, l.log)
	return time.Since(began).Seconds() * 1000
}

func (s *site) stopScaled(l *scaledLedger) { stop(l.cmd, l.ended) }

// learn lets the service see one account of each kind: what it has written of them is what
// it would write of the others. The content of ten messages is learned; that of 100,000
// would take many sessions, and adds 17 octets a message to what the ledger takes.
func (s *site) learn(l *scaledLedger) {
	s.startScaled(l)
	defer s.stopScaled(l)
	ten, huge := s.box("ten", 10, 2000), s.box("huge", l.messages, 600)
	s.must(l.side.plain.poll("template", huge))
	for began, known := time.Now(), int64(0); known == 0 && time.Since(began) < longestLearning; {
		s.must(l.side.plain.poll("template", ten))
		known = s.number(l, "SELECT COUNT(*) FROM mailboxes m JOIN snapshots s ON s.mailbox_id = m.id JOIN snapshot_keys k ON k.owner = s.id WHERE m.login = 'template@ten'")
	}
}

// longestLearning bounds the time that the content of an account's messages may take to be
// learned.
const longestLearning = 20 * time.Second

// exec runs a statement; arguments are written into it.
func (s *site) exec(l *scaledLedger, text string, args ...any) {
	_, err := l.db.Exec(fmt.Sprintf(text, args...))
	if err != nil {
		s.Fatalf("%s: %v", text, err)
	}
}

// number is a number that a query gives.
func (s *site) number(l *scaledLedger, query string, args ...any) (n int64) {
	s.must(l.db.QueryRow(fmt.Sprintf(query, args...)).Scan(&n))
	return n
}

// command runs a program to its end.
func (s *site) command(name string, args ...string) {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		s.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// sweep removes the lines of the journal that are older than 364 days, and gives the time
// for a thousand of them; all of it where there were none.
func (s *site) sweep(l *scaledLedger) float64 {
	ctx := context.Background()
	store, err := program.Open(ctx, program.Options{Driver: l.driver, Source: l.source})
	s.must(err)
	began := time.Now()
	lines, err := store.SweepJournal(ctx, time.Now().Add(-364*24*time.Hour))
	took := time.Since(began).Seconds() * 1000
	s.must(err)
	s.must(store.Close())
	if lines > 0 {
		took *= 1000 / float64(lines)
	}
	return took
}

// backup makes one as the documents say, and gives how long it took and its octets.
func (s *site) backup(l *scaledLedger) (seconds, octets float64) {
	file := filepath.Join(filepath.Dir(l.config), "backup")
	began := time.Now()
	if l.driver == "sqlite" {
		s.command("sqlite3", l.source, ".backup "+file)
	} else {
		s.command("pg_dump", "--format=custom", "--compress=0", "--file="+file, "--dbname="+l.source)
	}
	seconds = time.Since(began).Seconds()
	octets = float64(sizeOf(file))
	s.must(os.Remove(file))
	return seconds, octets
}
