package servers

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A group has stopped when all that belongs to it has, children and threads too.
func TestStopped(t *testing.T) {
	g, err := program{argv: []string{"/bin/sh", "-c", "while :; do :; done & while :; do :; done"}}.start(filepath.Join(t.TempDir(), "log"))
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
	becomes(false)
	_ = syscall.Kill(g.id, syscall.SIGSTOP) // one of two
	becomes(false)
	_ = syscall.Kill(-g.id, syscall.SIGSTOP)
	becomes(true)
}
