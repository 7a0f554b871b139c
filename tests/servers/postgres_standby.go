package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Standby starts another server that follows this one, which from now on confirms no
// commit before the other has it. Its DSN names both, and wants the one that takes writes.
func (p *Postgres) Standby(t testing.TB) *Postgres {
	t.Helper()
	dir := folder(t)
	s := &Postgres{Host: p.Host, Port: FreePorts(t, 1)[0], Password: p.Password, log: filepath.Join(dir, "log"), data: filepath.Join(dir, "data")}
	if p.run.user != nil {
		own(t, dir, account(t, postgresUser))
	}
	s.run = program{user: p.run.user, env: p.run.env, argv: []string{
		filepath.Join(postgresPrograms(t), "postgres"), "-D", s.data, "-p", strconv.Itoa(s.Port), "-h", s.Host, "-k", dir, "-c", "fsync=off", "-c", "max_connections=200",
	}}
	s.copy(t, p)
	s.begin(t)
	p.synchronous(t, "*")
	one, other := fmt.Sprintf("%s:%d", p.Host, p.Port), fmt.Sprintf("%s:%d", s.Host, s.Port)
	s.DSN = strings.Replace(p.DSN, one, one+","+other, 1) + "&target_session_attrs=read-write&connect_timeout=2"
	return s
}

// Rejoin starts a server that was killed as a new standby of the one that has taken
// its place: what it has is thrown away.
func (p *Postgres) Rejoin(t testing.TB, leader *Postgres) {
	t.Helper()
	if err := os.RemoveAll(p.data); err != nil {
		t.Fatal(err)
	}
	p.copy(t, leader)
	p.Start(t)
	leader.synchronous(t, "*")
}

// Asynchronous has a leader wait for no standby any more.
func (p *Postgres) Asynchronous(t testing.TB) {
	t.Helper()
	p.synchronous(t, "")
}

// Cut has a standby hear no more of its leader, and returns when that is so. It does
// not know of it.
func (p *Postgres) Cut(t testing.TB) {
	t.Helper()
	p.say(t, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	p.once(t, "/bin/sh", "-c", fmt.Sprintf(`until "%s/psql" -h %s -p %d -U popbridge -d popbridge -Atc 'SELECT count(*) FROM pg_stat_wal_receiver' | grep -qx 0; do sleep 0.1; done`,
		postgresPrograms(t), p.Host, p.Port))
}

// copy makes a server's data those of its leader, as a standby has them.
func (p *Postgres) copy(t testing.TB, leader *Postgres) {
	t.Helper()
	p.once(t, filepath.Join(postgresPrograms(t), "pg_basebackup"), "-h", leader.Host, "-p", strconv.Itoa(leader.Port), "-U", "popbridge", "-D", p.data,
		"-R", "-X", "stream", "-c", "fast", "--no-sync")
}

// synchronous names the standbys that a leader waits for.
func (p *Postgres) synchronous(t testing.TB, names string) {
	t.Helper()
	p.say(t, "ALTER SYSTEM SET synchronous_standby_names = '"+names+"'", "SELECT pg_reload_conf()")
}

func (p *Postgres) say(t testing.TB, commands ...string) {
	t.Helper()
	for _, command := range commands {
		p.once(t, filepath.Join(postgresPrograms(t), "psql"), "-h", p.Host, "-p", strconv.Itoa(p.Port), "-U", "popbridge", "-d", "popbridge", "-c", command)
	}
}

// Promote makes a standby take writes, and wait for no other.
func (p *Postgres) Promote(t testing.TB) {
	t.Helper()
	p.once(t, filepath.Join(postgresPrograms(t), "pg_ctl"), "promote", "-w", "-D", p.data)
}

// Kill ends it as a crash of its machine would.
func (p *Postgres) Kill() {
	_ = syscall.Kill(-p.now.id, syscall.SIGKILL) // an error says that it has ended
	<-p.now.ended
	p.now.stop() // its children
	p.now = nil
	_ = os.Remove(filepath.Join(p.data, "postmaster.pid"))
}
