package servers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postgresUser is Debian's account for the server, which refuses to run as root.
const postgresUser = "postgres"

// logLines is how much of its log is shown when a test has failed.
const logLines = 40

// Postgres is a PostgreSQL with a database cluster of its own in a temporary
// folder. It keeps nothing through a crash of the machine: it does not wait for
// the disk.
type Postgres struct {
	// DSN names the database "popbridge" of the user "popbridge", who owns it,
	// with a password.
	DSN string
	// Host and Port are where it listens, on loopback alone.
	Host string
	Port int
	// Password is the user's, as it stands in the DSN.
	Password string

	run       program
	data, log string
	now       *group
}

// StartPostgres starts Debian's PostgreSQL, of the newest version that is
// installed, and stops it when the test ends.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{Host: "127.0.0.1", Port: FreePorts(t, 1)[0], Password: "s3cret@word"}
	bin := postgresPrograms(t)
	dir := folder(t)
	var as *syscall.Credential
	if os.Geteuid() == 0 {
		u := account(t, postgresUser)
		own(t, dir, u)
		as = credential(t, u)
	}
	p.log = filepath.Join(dir, "log")
	p.data = filepath.Join(dir, "data")
	env := []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "PGPASSWORD=" + p.Password}
	p.run = program{user: as, env: env}
	secret := filepath.Join(dir, "password")
	write(t, secret, p.Password+"\n", 0o644)
	p.once(t, filepath.Join(bin, "initdb"), "--pgdata", p.data, "--no-sync", "--username", "popbridge", "--auth", "scram-sha-256", "--pwfile", secret, "--encoding", "UTF8")
	p.run.argv = []string{
		filepath.Join(bin, "postgres"), "-D", p.data, "-p", strconv.Itoa(p.Port), "-h", p.Host, "-k", dir,
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "log_min_messages=warning",
	}
	p.begin(t)
	p.once(t, filepath.Join(bin, "createdb"), "-h", p.Host, "-p", strconv.Itoa(p.Port), "-U", "popbridge", "popbridge")
	p.DSN = fmt.Sprintf("postgres://popbridge:s3cret%%40word@%s/popbridge?sslmode=disable", net.JoinHostPort(p.Host, strconv.Itoa(p.Port)))
	return p
}

// begin is Start, and Stop when the test ends.
func (p *Postgres) begin(t testing.TB) {
	t.Helper()
	p.Start(t)
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("PostgreSQL's log ends with:\n%s", tail(p.log, logLines))
		}
	})
}

// once runs a command beside the server, as its user, to its end.
func (p *Postgres) once(t testing.TB, args ...string) {
	t.Helper()
	run := p.run
	run.argv = args
	g, err := run.start(p.log)
	if err == nil {
		<-g.ended
		err = g.err
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(args[0]), err, tail(p.log, logLines))
	}
}

// postgresPrograms is the folder of the newest version's programs.
func postgresPrograms(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no PostgreSQL (%v): run tests/install", err)
	}
	version := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0
		}
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
	return filepath.Dir(found[len(found)-1])
}

// Start starts it again after Stop, and returns when it takes connections.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	g, err := p.run.start(p.log)
	if err != nil {
		t.Fatal(err)
	}
	p.now = g
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		if g.dead() {
			t.Fatalf("PostgreSQL ended at once: %v\n%s", g.err, tail(p.log, logLines))
		}
		if p.answers() {
			return
		}
	}
	t.Fatalf("PostgreSQL did not answer in %v\n%s", patience, tail(p.log, logLines))
}

// answers reports whether it takes connections: then the file with its number
// ends with the word.
func (p *Postgres) answers() bool {
	text, err := os.ReadFile(filepath.Join(p.data, "postmaster.pid"))
	return err == nil && strings.HasSuffix(strings.TrimSpace(string(text)), "ready")
}

// Stop ends it and everything that it has started. Connections are cut.
func (p *Postgres) Stop() {
	if p.now == nil {
		return
	}
	// SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
	_ = syscall.Kill(p.now.id, syscall.SIGINT) // an error says that it has ended
	<-p.now.ended
	p.now.stop()
	p.now = nil
}
