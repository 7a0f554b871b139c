package socket

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// counted is woken, and says how often.
type counted struct {
	woken chan struct{}
	times atomic.Int32
}

func (c *counted) Wake() {
	if c.times.Add(1) == 1 {
		close(c.woken)
	}
}

// TestSleepEnds: whatever happens on a connection that sleeps wakes it once, and it may sleep
// again behind that.
func TestSleepEnds(t *testing.T) {
	for name, happens := range map[string]func(other *net.TCPConn, ours net.Conn){
		"something to read": func(other *net.TCPConn, _ net.Conn) { _, _ = other.Write([]byte("NOOP\r\n")) },
		"the end":           func(other *net.TCPConn, _ net.Conn) { _ = other.CloseWrite() },
		"a reset": func(other *net.TCPConn, _ net.Conn) {
			_ = other.SetLinger(0)
			_ = other.Close()
		},
		"closed by us": func(_ *net.TCPConn, ours net.Conn) { _ = ours.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			var w Watch
			defer w.Close()
			other, ours := connected(t)
			for range 2 { // where nothing was read it is woken at once the second time
				who := &counted{woken: make(chan struct{})}
				if !w.Sleep(ours, who) {
					t.Fatal("nobody will be woken")
				}
				happens(other, ours)
				<-who.woken
				if n := who.times.Load(); n != 1 {
					t.Errorf("it was woken %d times", n)
				}
			}
		})
	}
}

// TestSleepEndsAtTheDeadline of reads, also where that has passed already, and where it was
// set together with that of writes.
func TestSleepEndsAtTheDeadline(t *testing.T) {
	var w Watch
	defer w.Close()
	for name, set := range map[string]func(net.Conn) error{
		"to come": func(nc net.Conn) error { return nc.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) },
		"past":    func(nc net.Conn) error { return nc.SetReadDeadline(time.Unix(1, 0)) },
		"of both": func(nc net.Conn) error { return nc.SetDeadline(time.Now().Add(time.Millisecond)) },
	} {
		t.Run(name, func(t *testing.T) {
			_, ours := connected(t)
			if err := set(ours); err != nil {
				t.Fatal(err)
			}
			who := &counted{woken: make(chan struct{})}
			if !w.Sleep(ours, who) {
				t.Fatal("nobody will be woken")
			}
			<-who.woken
		})
	}
}

// TestSleepOfMany: closed and written to while they go to sleep, each is woken once, none for
// another, though the system gives their numbers to those that come later.
func TestSleepOfMany(t *testing.T) {
	var w Watch
	t.Cleanup(w.Close)
	for range 200 {
		other, ours := connected(t)
		still, silent := connected(t)
		who, nobody := &counted{woken: make(chan struct{})}, &counted{woken: make(chan struct{})}
		if !w.Sleep(silent, nobody) {
			t.Fatal("nobody will be woken")
		}
		go func() { _, _ = other.Write([]byte("QUIT\r\n")) }()
		go func() { _ = ours.Close() }()
		if !w.Sleep(ours, who) {
			t.Fatal("nobody will be woken")
		}
		<-who.woken
		if n := nobody.times.Load(); n != 0 {
			t.Fatal("one was woken for another")
		}
		_ = still.Close()
		<-nobody.woken
		if n := who.times.Load(); n != 1 {
			t.Fatalf("it was woken %d times", n)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.sleeping); n != 0 {
		t.Errorf("%d sleep that were woken", n)
	}
}
