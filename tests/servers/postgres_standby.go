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
	bin, dir := postgresPrograms(t), folder(t)
	s := &Postgres{Host: p.Host, Port: FreePorts(t, 1)[0], Password: p.Password, log: filepath.Join(dir, "log"), data: filepath.Join(dir, "data")}
	if p.run.user != nil {
		own(t, dir, account(t, postgresUser))
	}
	p.once(t, filepath.Join(bin, "pg_basebackup"), "-h", p.Host, "-p", strconv.Itoa(p.Port), "-U", "popbridge", "-D", s.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	s.run = program{user: p.run.user, env: p.run.env, argv: []string{
		filepath.Join(bin, "postgres"), "-D", s.data, "-p", strconv.Itoa(s.Port), "-h", s.Host, "-k", dir, "-c", "fsync=off", "-c", "max_connections=200",
	}}
	s.begin(t)
	for _, command := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		p.once(t, filepath.Join(bin, "psql"), "-h", p.Host, "-p", strconv.Itoa(p.Port), "-U", "popbridge", "-d", "popbridge", "-c", command)
	}
	one, other := fmt.Sprintf("%s:%d", p.Host, p.Port), fmt.Sprintf("%s:%d", s.Host, s.Port)
	s.DSN = strings.Replace(p.DSN, one, one+","+other, 1) + "&target_session_attrs=read-write&connect_timeout=2"
	return s
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
