package main

import (
	"errors"
	"io"
	"net"
	"time"
)

// relay passes connections on to an address and holds each octet back for a
// time, in both directions. It limits no bandwidth: what is on its way is held
// in memory, and arrives in the pieces in which it was sent.
type relay struct {
	listener net.Listener
	to       string
	delay    time.Duration
}

// piece is what was read at once, and when it is to go on.
type piece struct {
	data []byte
	due  time.Time
}

// startRelay listens on a loopback port until Close of the listener.
func startRelay(to string, delay time.Duration) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{l, to, delay}
	go r.serve()
	return r, nil
}

func (r *relay) serve() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		go r.carry(far, near)
		go r.carry(near, far)
	}
}

// carry takes one direction. Its end is passed on as late as its octets were,
// and ends both connections: neither POP3 nor IMAP goes on after half a close.
func (r *relay) carry(to, from net.Conn) {
	way := make(chan piece, 1<<16)
	go func() {
		defer to.Close()
		defer from.Close()
		for p := range way {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data); err != nil {
				break
			}
		}
		for range way { // what cannot be delivered any more
		}
	}()
	defer close(way)
	buf := make([]byte, 256<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			way <- piece{append([]byte(nil), buf[:n]...), time.Now().Add(r.delay)}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.Close()
			}
			return
		}
	}
}
