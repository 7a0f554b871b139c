//go:build linux && !race

package socket

import (
	"syscall"
	"testing"
	"time"
)

// TestNeverWaits: not even a socket whose mode says that it is to wait holds up a thread of
// which the scheduler knows nothing.
func TestNeverWaits(t *testing.T) {
	other, ours := connected(t)
	c := ours.(*Conn)
	if err := c.raw.Control(func(fd uintptr) { _ = syscall.SetNonblock(int(fd), false) }); err != nil {
		t.Fatal(err)
	}
	freed := false
	free := time.AfterFunc(time.Minute, func() {
		freed = true
		_ = other.Close()
	})
	all := stream()
	taken := c.Take(all)
	_ = c.raw.Control(func(fd uintptr) {
		if n, err := receive(fd, make([]byte, 1)); n != 0 || err != syscall.EAGAIN {
			t.Errorf("of nothing came %d octets, %v", n, err)
		}
	})
	if free.Stop(); freed || taken == 0 || taken == len(all) {
		t.Errorf("%d of %d octets were taken, and then it waited: %v", taken, len(all), freed)
	}
}

// TestNothingIsAllocated: neither to write nor to read.
func TestNothingIsAllocated(t *testing.T) {
	other, ours := connected(t)
	c, p := ours.(*Conn), []byte("+OK")
	if n := testing.AllocsPerRun(100, func() {
		if c.Take(p) != len(p) {
			t.Fatal("it was not taken")
		}
		if _, err := other.Write(p); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(p); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v objects for a write and a read", n)
	}
}
