package clients

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience turns a client that hangs into a failure.
const patience = 2 * time.Minute

// User is somebody with a POP3 client: a home folder, and an account that is
// reached at popbridge's address.
type User struct {
	Host, Port      string
	Login, Password string
	Dir             string // the home folder, in which clients remember unique-ids
}

// NewUser makes a home folder.
func NewUser(t testing.TB, address, login, password string) *User {
	t.Helper()
	u := &User{Login: login, Password: password, Dir: t.TempDir()}
	var err error
	if u.Host, u.Port, err = net.SplitHostPort(address); err != nil {
		t.Fatal(err)
	}
	return u
}

// Run executes a client, which has to end with code 0, and gives what it prints.
func (u *User) Run(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	out, code := u.Try(t, program, args...)
	if code != 0 {
		t.Fatalf("%s ended with %d: %s", program, code, out[max(0, len(out)-2000):])
	}
	return out
}

// Try is Run where the client may end with another code than 0.
func (u *User) Try(t testing.TB, program string, args ...string) (out []byte, code int) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%v: run tests/install", err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"HOME=" + u.Dir, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "FETCHMAILHOME=" + u.Dir, "USER=tester", "LOGNAME=tester"}
	cmd.Dir = u.Dir
	hangs := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hangs.Stop()
	out, err = cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatalf("%s: %v", program, err)
	}
	return out, cmd.ProcessState.ExitCode()
}

// File writes a client's configuration, which only its owner may read, and
// gives its path.
func (u *User) File(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(u.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Store writes a script that keeps its standard input as a file of its own in a
// folder, and gives its path: fetchmail hands each message to a program.
func (u *User) Store(t testing.TB, folder string) string {
	t.Helper()
	return u.File(t, "store.sh", "exec cat > \"$(mktemp --tmpdir='"+folder+"')\"\n")
}

// folder makes an empty folder in the home folder.
func (u *User) folder(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp(u.Dir, "mail-")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// maildir makes an empty Maildir.
func (u *User) maildir(t testing.TB) string {
	t.Helper()
	path := u.folder(t)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(path, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// Files are the contents of the files in a folder.
func Files(t testing.TB, dir string) [][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	return list
}

// CRLF gives a message the line ends that it had on the wire; clients store LF.
func CRLF(message []byte) []byte {
	return bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
}

// quoted is text in the quotation marks of fetchmail's and mpop's files.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
