package servers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// patience turns a server that hangs into a failure. Nothing is measured by it:
// it is far above what a slow machine needs.
const patience = 60 * time.Second

// pause is between two looks at something that another process brings about.
const pause = 5 * time.Millisecond

// program is one command of a server.
type program struct {
	argv []string
	// env is the whole environment: what a tester has set must not change a server.
	env []string
	// user runs it; nil is the tester.
	user *syscall.Credential
	// namespace gives it a mount table of its own.
	namespace bool
	// ready is a file that it makes when others may rely on it, or empty.
	ready string
}

// group is a started program and its children, in one process group.
type group struct {
	id    int
	ended chan struct{}
	err   error // of Wait, once ended is closed
}

// start runs the program with its output added to the log. Should the tests die
// without their cleanups, it gets a SIGTERM from the kernel.
func (p program) start(log string) (*group, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Env, cmd.Dir = p.env, "/"
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM, Credential: p.user}
	if p.namespace {
		cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	g := &group{id: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		g.err = cmd.Wait()
		close(g.ended)
	}()
	return g, nil
}

// wait returns when the file is there, or with an error when the program ended
// without making it.
func (g *group) wait(file string) error {
	if file == "" {
		return nil
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		if g.dead() {
			return fmt.Errorf("ended at once: %w", errors.Join(g.err))
		}
	}
	return fmt.Errorf("did not make %s in %v", file, patience)
}

func (g *group) dead() bool {
	select {
	case <-g.ended:
		return true
	default:
		return false
	}
}

// stop ends the whole group at once. The first process gets a moment to end by
// itself after its children; Dovecot's may go on waiting for seconds, with nobody
// left to wait for, and is killed. So is everything that is left after patience.
func (g *group) stop() {
	_ = syscall.Kill(-g.id, syscall.SIGTERM) // an error says that none is left
	alone := 0
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		left := members(g.id)
		if len(left) == 0 {
			break
		}
		if len(left) == 1 && left[0] == g.id {
			alone++
		}
		if alone > 20 || time.Now().After(end) {
			_ = syscall.Kill(-g.id, syscall.SIGKILL)
		}
	}
	<-g.ended
}

// members are the living processes of a process group. A zombie is not living:
// where nobody reaps orphans it would stay for ever.
func members(id int) []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		panic(err) // only a malformed pattern does this
	}
	var pids []int
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it ended between the two looks
		}
		// proc(5): pid (comm) state ppid pgrp …; comm may hold anything, ')' too.
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if len(fields) < 3 || string(fields[0]) == "Z" || string(fields[0]) == "X" || string(fields[2]) != strconv.Itoa(id) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
