package imap

import "time"

// trip measures how far away the server is: the shortest time between a command with which nothing else was in flight and the first octet
// that came after it. What a server needs to carry commands out is in it, and the shortest has the least of that.
type trip struct {
	since    time.Time // when such a command was sent whose answer has not begun; zero: none
	shortest time.Duration
	measured bool
}

// sending notes that a command goes out.
func (c *Conn) sending() {
	c.trip.since = time.Time{}
	if len(c.pending) == 1 && c.r.buffered() == 0 {
		c.trip.since = time.Now()
	}
}

// came notes that octets have come.
func (t *trip) came() {
	if t.since.IsZero() {
		return
	}
	took := time.Since(t.since)
	t.since = time.Time{}
	if !t.measured || took < t.shortest {
		t.shortest, t.measured = took, true
	}
}

// RoundTrip is the shortest time in which the server has begun to answer a command, 0 where none was measured. It errs towards too little:
// what the server tells unasked may be taken for the beginning of an answer.
func (c *Conn) RoundTrip() time.Duration { return c.trip.shortest }
