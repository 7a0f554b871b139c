package state_test

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
)

// tripwire stands between popbridge and Dovecot, and calls a function when
// popbridge has come to a chosen point.
type tripwire struct {
	address string
	to      string
	mu      sync.Mutex
	point   point
	passed  int // commands since the wire was set
	fired   bool
	fire    func()
}

// point is one moment of what popbridge says upstream: at its n-th command,
// counted from 1; 0 is never.
type point struct {
	command int
	when    moment
}

type moment int

const (
	unsent     moment = iota // the server does not get the command
	unanswered               // the server has done it, popbridge does not hear of it
	answered                 // popbridge hears the answer
	moments
)

func newTripwire(t testing.TB, to string) *tripwire {
	t.Helper()
	w := &tripwire{to: to}
	w.address = carries(t, w.carry, func() {})
	return w
}

// carries gives the address of a wire that each connection is carried by, until the test
// ends: end, called then, has what is carried come to its end.
func carries(t testing.TB, carry func(net.Conn), end func()) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			down, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { carry(down) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		end()
		running.Wait()
	})
	return l.Addr().String()
}

// set waits for the point from now on; whatever was set before is forgotten.
func (w *tripwire) set(p point, fire func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.point, w.passed, w.fired, w.fire = p, 0, false, fire
}

// at reports whether popbridge is at the point or beyond it; at the point it
// fires, once.
func (w *tripwire) at(command int, when moment) bool {
	fire, beyond := w.reached(command, when)
	if fire != nil {
		fire()
	}
	return beyond
}

func (w *tripwire) reached(command int, when moment) (fire func(), beyond bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.fired:
		return nil, true
	case w.point.command == 0 || command != w.point.command || when != w.point.when:
		return nil, false
	}
	w.fired = true
	return w.fire, true
}

// next counts a command.
func (w *tripwire) next() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed++
	return w.passed
}

// carry ends with either connection.
func (w *tripwire) carry(down net.Conn) {
	defer down.Close()
	up, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer up.Close()
	var mu sync.Mutex
	last := 0 // the newest command that the server has
	var answers sync.WaitGroup
	answers.Go(func() {
		defer down.Close()
		buf := make([]byte, 32<<10)
		for {
			n, err := up.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			command := last
			mu.Unlock()
			if w.at(command, unanswered) {
				return
			}
			if _, err := down.Write(buf[:n]); err != nil {
				return
			}
			w.at(command, answered)
		}
	})
	w.commands(bufio.NewReader(down), up, func(command int) {
		mu.Lock()
		defer mu.Unlock()
		last = command
	})
	_ = up.Close()
	answers.Wait()
}

func (w *tripwire) commands(from *bufio.Reader, up io.Writer, sent func(int)) {
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return
		}
		command := w.next()
		if w.at(command, unsent) {
			return
		}
		sent(command)
		if _, err := up.Write(line); err != nil {
			return
		}
	}
}
