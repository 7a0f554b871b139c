package servers

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// daemon is a server of one program that takes connections when it is ready.
type daemon struct {
	name, address, log string
	run                program
	now                *group // nil: it is stopped
}

// begin is Start, and Stop when the test ends.
func (d *daemon) begin(t testing.TB) {
	t.Helper()
	d.Start(t)
	t.Cleanup(func() {
		d.Stop()
		if t.Failed() {
			t.Logf("the log of %s ends with:\n%s", d.name, tail(d.log, logLines))
		}
	})
}

// Start starts it again after Stop, and returns when it takes connections.
func (d *daemon) Start(t testing.TB) {
	t.Helper()
	g, err := d.run.start(d.log)
	if err != nil {
		t.Fatalf("%s: %v; is it installed? Run tests/install", d.name, err)
	}
	d.now = g
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		if g.dead() {
			t.Fatalf("%s ended at once: %v\n%s", d.name, g.err, tail(d.log, logLines))
		}
		if nc, err := net.Dial("tcp", d.address); err == nil {
			_ = nc.Close()
			return
		}
	}
	t.Fatalf("%s did not answer in %v\n%s", d.name, patience, tail(d.log, logLines))
}

// Stop ends it; connections are cut.
func (d *daemon) Stop() {
	if d.now != nil {
		d.Thaw()
		d.now.stop()
		d.now = nil
	}
}

// Freeze has it say nothing any more, with its connections open; Thaw ends that. It
// returns when every thread has stopped: on a busy machine one that runs goes on for a
// while behind the signal, long enough to answer.
func (d *daemon) Freeze() {
	_ = syscall.Kill(-d.now.id, syscall.SIGSTOP)
	for end := time.Now().Add(patience); !d.now.stopped() && time.Now().Before(end); {
		time.Sleep(pause)
	}
}

// Thaw has it go on.
func (d *daemon) Thaw() { _ = syscall.Kill(-d.now.id, syscall.SIGCONT) }
