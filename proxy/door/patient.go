package door

import (
	"errors"
	"net"
	"os"
	"time"

	"popbridge/proxy/socket"
)

// Patient is a device's connection on which a write may take as long as the device
// reads, below TLS where there is that. It is written to by one goroutine at a time.
type Patient struct {
	net.Conn
	by     func(begun, since time.Time) time.Time
	reads  *reading
	atOnce atOnce    // nil: nothing can be written so
	latest time.Time // what SetWriteDeadline says; zero: nothing
}

// atOnce is a connection that can be written to without waiting.
type atOnce interface{ Take(p []byte) int }

// lingering is a connection of which may be said what becomes of what was not sent.
type lingering interface{ SetLinger(seconds int) error }

// NewPatient makes one of a connection on which nothing has been sent yet. by tells
// until when a write that has begun may go on where the device has last read since.
func NewPatient(nc net.Conn, by func(begun, since time.Time) time.Time) *Patient {
	nc = socket.Of(nc)
	p := &Patient{Conn: nc, by: by, reads: &reading{unread: func() (int, bool) { return unread(nc) }}}
	p.atOnce, _ = nc.(atOnce)
	return p
}

// SetWriteDeadline bounds the writes that follow, whatever the device reads: TLS does
// so where it says goodbye.
func (p *Patient) SetWriteDeadline(t time.Time) error {
	p.latest = t
	return p.Conn.SetWriteDeadline(t)
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (p *Patient) SetDeadline(t time.Time) error {
	p.latest = t
	return p.Conn.SetDeadline(t)
}

// looks is how often a write that gets nowhere looks whether the device has read: it may
// go on for so much of its time longer than the device reads.
const looks = 8

// Write writes as long as the device reads. After an error the connection is good for
// nothing but Close, and then what the device has not read is not kept for it: it would
// lie in our machine's memory for minutes. What our machine takes at once needs no deadline,
// and nobody has to know how much the device has read.
func (p *Patient) Write(b []byte) (done int, err error) {
	if p.atOnce != nil {
		if done = p.atOnce.Take(b); done > 0 {
			p.reads.took(done)
		}
	}
	if done == len(b) {
		return done, nil
	}
	begun := time.Now() // a last word has its time once, however often it is tried
	for {
		now := time.Now()
		by := p.deadline(begun, p.reads.since(now))
		look := by
		if pause := by.Sub(p.reads.last) / looks; pause > 0 && now.Add(pause).Before(by) {
			look = now.Add(pause)
		}
		if err = p.Conn.SetWriteDeadline(look); err != nil {
			break
		}
		var n int
		n, err = p.Conn.Write(b[done:])
		done += n
		now = time.Now()
		p.reads.sent(now, n)
		if err == nil {
			return done, nil
		}
		// Our machine says that there is room when a third of its buffer is free, and a
		// slow device needs its time for so much.
		if !errors.Is(err, os.ErrDeadlineExceeded) || !p.deadline(begun, p.reads.last).After(now) {
			break
		}
	}
	if tcp, ok := p.Conn.(lingering); ok {
		_ = tcp.SetLinger(0)
	}
	return done, err
}

// deadline is the earlier one of ours and what SetWriteDeadline says.
func (p *Patient) deadline(begun, since time.Time) time.Time {
	by := p.by(begun, since)
	if !p.latest.IsZero() && p.latest.Before(by) {
		return p.latest
	}
	return by
}
