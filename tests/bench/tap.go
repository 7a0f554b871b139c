package main

import (
	"encoding/binary"
	"net"
	"sync"
)

// tap passes connections on to PostgreSQL and counts what goes over them.
type tap struct {
	listener net.Listener
	to       string

	mu  sync.Mutex
	sum asked
}

// asked is what clients have asked of PostgreSQL. A round trip is a wait: whatever a client
// sends until it has heard of the server again is one, however many messages there are in it.
// A statement is each Query and each Execute of the protocol (PostgreSQL's documents, §55.2.2
// and §55.2.3).
type asked struct{ trips, statements int }

// countPostgres listens on a loopback port until Close of the listener.
func countPostgres(to string) (*tap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &tap{listener: l, to: to}
	go w.serve()
	return w, nil
}

func (w *tap) count() asked {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sum
}

func (w *tap) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		t := &talk{waits: true}
		go carryCounted(far, near, func(data []byte) { w.asks(t, data) })
		go carryCounted(near, far, func([]byte) { w.answers(t) })
	}
}

// carryCounted takes one direction, and counts what it has read before it is passed on: an
// answer cannot come before its question is counted.
func carryCounted(to, from net.Conn, seen func([]byte)) {
	defer to.Close()
	defer from.Close()
	for buf := make([]byte, 64<<10); ; {
		n, err := from.Read(buf)
		if n > 0 {
			seen(buf[:n])
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// talk is how far one connection has come.
type talk struct {
	waits   bool   // nothing was sent since the server was last heard of
	begun   bool   // the startup message, which has no type, is over
	pending []byte // of a message that has not come whole
}

func (w *tap) answers(t *talk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.waits = true
}

func (w *tap) asks(t *talk, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.waits {
		w.sum.trips++
	}
	t.waits = false
	t.pending = append(t.pending, data...)
	for {
		kind, rest, whole := t.next()
		if !whole {
			return
		}
		if kind == 'Q' || kind == 'E' {
			w.sum.statements++
		}
		t.pending = rest
	}
}

// next is the type of the message in front, 0 for one that has none, and what stands behind it.
// A startup message has a length and the version 3 of the protocol in front; requests to
// encrypt the connection, which look alike, are refused by a server that has no TLS, and the
// startup message follows them.
func (t *talk) next() (kind byte, rest []byte, whole bool) {
	head := 0
	if t.begun {
		head = 1
	}
	if len(t.pending) < head+4 {
		return 0, nil, false
	}
	length := head + int(binary.BigEndian.Uint32(t.pending[head:]))
	if len(t.pending) < length || length < head+4 {
		return 0, nil, false
	}
	if !t.begun {
		t.begun = length >= 8 && binary.BigEndian.Uint32(t.pending[4:]) == 3<<16
		return 0, t.pending[length:], true
	}
	return t.pending[0], t.pending[length:], true
}
