package imap

import "time"

// sending notes when a command goes out with which nothing else is in flight, so that the time until the server begins to answer can be told.
func (c *Conn) sending() {
	c.asking = time.Time{}
	if c.o.RoundTrip != nil && len(c.pending) == 1 && c.r.buffered() == 0 {
		c.asking = time.Now()
	}
}

// came notes that octets have come.
func (c *Conn) came() {
	if !c.asking.IsZero() {
		c.o.RoundTrip(time.Since(c.asking))
		c.asking = time.Time{}
	}
}
