// Package machine makes copies of this machine, for tests that install something or
// type what an operator types: the machine itself stays as it was.
package machine

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

// Machine is a copy of this one: its root is laid over a folder in memory that is gone
// with the test. Only its network is this machine's.
type Machine struct {
	T   *testing.T
	Env []string // of commands, besides PATH and the like

	root string // in the mount namespace of holder
	pid  int    // of the process that keeps the namespace
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

// New lays out a copy.
func New(t *testing.T) *Machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("only root can lay out a copy of this machine: run this test as root")
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
	return &Machine{T: t, root: filepath.Join(at, "root"), pid: holder.Process.Pid}
}

// Command makes a command that runs in the copy.
func (m *Machine) Command(argv ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--mount", "--target", strconv.Itoa(m.pid), "chroot", m.root}, argv...)...)
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}, m.Env...)
	return cmd
}

// Try runs a shell's line in the copy and gives what it says and its exit code.
func (m *Machine) Try(line string) (string, int) {
	m.T.Helper()
	cmd := m.Command("sh", "-c", line)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		m.T.Fatalf("%s: %v", line, err)
	}
	return strings.TrimRight(string(out), "\n"), cmd.ProcessState.ExitCode()
}

// Run is Try for a line that must succeed.
func (m *Machine) Run(line string) string {
	m.T.Helper()
	out, code := m.Try(line)
	if code != 0 {
		m.T.Fatalf("%s: exit code %d\n%s", line, code, out)
	}
	return out
}

// Expect holds what a line says against what it should.
func (m *Machine) Expect(line, want string) {
	m.T.Helper()
	if got := m.Run(line); got != want {
		m.T.Errorf("%s says\n%s\nwant\n%s", line, got, want)
	}
}

// Bring copies a file into the copy's root folder and gives its path there.
func (m *Machine) Bring(path string) string {
	m.T.Helper()
	octets, err := os.ReadFile(path)
	if err != nil {
		m.T.Fatal(err)
	}
	m.Write("/"+filepath.Base(path), string(octets), "644")
	return "/" + filepath.Base(path)
}

// Bind shows a folder of this machine in the copy, where it may lie on another disk.
func (m *Machine) Bind(folder string) {
	m.T.Helper()
	m.outside(`mkdir -p "$1$2" && mount --bind "$2" "$1$2"`, folder)
}

// Overlay shows a folder of this machine in the copy under another name; what is written
// there is gone with the copy.
func (m *Machine) Overlay(folder, name string) {
	m.T.Helper()
	m.outside(`cd "$1/.." && mkdir -p "root$3" "of$3/upper" "of$3/work" && mount -t overlay -o "lowerdir=$2,upperdir=of$3/upper,workdir=of$3/work" none "root$3"`, folder, name)
}

// outside runs a script among the copy's mounts, but not in its root, which is $1.
func (m *Machine) outside(script string, args ...string) {
	m.T.Helper()
	argv := append([]string{"--mount", "--target", strconv.Itoa(m.pid), "sh", "-c", script, "sh", m.root}, args...)
	if out, err := exec.Command("nsenter", argv...).CombinedOutput(); err != nil {
		m.T.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// Write puts a text into a file of the copy.
func (m *Machine) Write(path, text, mode string) {
	m.T.Helper()
	cmd := m.Command("sh", "-c", `mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"`, "sh", path, mode)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.T.Fatalf("%s: %v\n%s", path, err, out)
	}
}
