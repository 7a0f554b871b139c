package servers

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A group has stopped when all that belongs to it has, children and threads too.
func TestStopped(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	g, err := program{argv: []string{"/bin/sh", "-c", "while :; do :; done & echo two; while :; do :; done"}}.start(log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-g.id, syscall.SIGCONT)
		g.stop()
	})
	becomes := func(stopped bool) {
		t.Helper()
		for end := time.Now().Add(patience); g.stopped() != stopped; time.Sleep(pause) {
			if time.Now().After(end) {
				t.Fatalf("the group has stopped: %v, want %v", !stopped, stopped)
			}
		}
	}
	for end := time.Now().Add(patience); !strings.Contains(tail(log, 1), "two"); time.Sleep(pause) {
		if time.Now().After(end) {
			t.Fatal("there is no second process")
		}
	}
	becomes(false)
	_ = syscall.Kill(g.id, syscall.SIGSTOP) // one of two
	becomes(false)
	_ = syscall.Kill(-g.id, syscall.SIGSTOP)
	becomes(true)
}
