package servers

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// MariaDB is a MariaDB with a folder of its own, which keeps nothing through a crash of
// the machine.
type MariaDB struct {
	daemon
	Address string // host:port
	Socket  string
	// User owns the database popbridge, with Password.
	User, Password string
}

// StartMariaDB starts Debian's MariaDB and has it run statements in the database
// popbridge, one on a line.
func StartMariaDB(t testing.TB, statements string) *MariaDB {
	t.Helper()
	dir := folder(t)
	port := FreePorts(t, 1)[0]
	m := &MariaDB{Address: local(port), Socket: filepath.Join(dir, "socket"), User: "popbridge", Password: "s3cret@word"}
	data, first := filepath.Join(dir, "data"), filepath.Join(dir, "first.sql")
	if out, err := exec.Command("/usr/bin/mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s; is it installed? Run tests/install", err, out)
	}
	write(t, first, "CREATE DATABASE IF NOT EXISTS popbridge;\nCREATE USER IF NOT EXISTS 'popbridge'@'%' IDENTIFIED BY '"+m.Password+"';\nGRANT ALL ON popbridge.* TO 'popbridge'@'%';\nUSE popbridge;\n"+statements+"\n", 0o600)
	m.daemon = daemon{name: "mariadbd", address: m.Address, log: filepath.Join(dir, "log"), run: program{
		env: []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/bin"},
		argv: []string{"/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--datadir=" + data, "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(port),
			"--socket=" + m.Socket, "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + first, "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"},
	}}
	m.begin(t)
	return m
}
