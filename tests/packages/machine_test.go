package packages

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// machine is a copy of this one: its root is laid over a folder in memory that is gone
// with the test. Only its network is this machine's.
type machine struct {
	t    *testing.T
	root string // in the mount namespace of holder
	pid  int    // of the process that keeps the namespace
	env  []string
}

// lay mounts the copy at $1 and waits for its standard input to end. A systemctl that
// only notes what it was asked stands in for the real one, which no copy can run.
const lay = `set -e
mount -t tmpfs none "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work none root
mount --rbind /dev root/dev
mount -t proc none root/proc
mkdir -p root/run/systemd/system
rm -f root/usr/bin/systemctl root/usr/sbin/policy-rc.d
printf '#!/bin/sh\necho "$@" >>/systemctl.log\n' >root/usr/bin/systemctl
chmod 755 root/usr/bin/systemctl
: >root/systemctl.log
chroot root dpkg --purge popbridge >/dev/null 2>&1 || true
echo ready
cat
`

func newMachine(t *testing.T) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("packages are installed into a copy of this machine, which only root can lay out: run this test as root")
	}
	at := filepath.Join(t.TempDir(), "machine")
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("sh", "-c", lay, "sh", at)
	holder.Stderr = os.Stderr
	holder.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = holder.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil && err != io.EOF || line != "ready\n" {
		t.Fatalf("laying out the copy: %q, %v", line, err)
	}
	return &machine{t: t, root: filepath.Join(at, "root"), pid: holder.Process.Pid}
}

// command makes a command that runs in the copy.
func (m *machine) command(argv ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--mount", "--target", strconv.Itoa(m.pid), "chroot", m.root}, argv...)...)
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}, m.env...)
	return cmd
}

// try runs a shell's line in the copy and gives what it says and its exit code.
func (m *machine) try(line string) (string, int) {
	m.t.Helper()
	cmd := m.command("sh", "-c", line)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		m.t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimRight(string(out), "\n"), cmd.ProcessState.ExitCode()
}

// run is try for a line that must succeed.
func (m *machine) run(line string) string {
	m.t.Helper()
	out, code := m.try(line)
	if code != 0 {
		m.t.Fatalf("%s: exit code %d\n%s", line, code, out)
	}
	return out
}

// expect holds what a line says against what it should.
func (m *machine) expect(line, want string) {
	m.t.Helper()
	if got := m.run(line); got != want {
		m.t.Errorf("%s says\n%s\nwant\n%s", line, got, want)
	}
}

// bring copies a file into the copy's root folder and gives its path there.
func (m *machine) bring(path string) string {
	m.t.Helper()
	octets, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := m.command("sh", "-c", `cat >"$1"`, "sh", "/"+filepath.Base(path))
	cmd.Stdin = strings.NewReader(string(octets))
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v\n%s", path, err, out)
	}
	return "/" + filepath.Base(path)
}
