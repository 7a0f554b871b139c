package server

import (
	"time"
)

// Where limits.connections is reached, the oldest connection that has not logged
// in makes room for a new one: a flood of idle connections pushes itself out, and
// a device that logs in at once gets through it. A connection whose login is
// being tried has made progress, and yields to nobody.

// evictionInterval is how often the log says that connections had to make room.
const evictionInterval = time.Minute

// makeRoom ends the oldest connection that waits. It reports whether there was one.
func (s *Server) makeRoom() bool {
	e := s.waiting.Front()
	if e == nil {
		return false
	}
	c := s.waiting.Remove(e).(*connection)
	c.waits, c.evicted = nil, true
	s.admitted.leave(c.counted)
	_ = c.nc.Close()
	if c.wake != nil {
		c.wake()
	}
	s.evicted++
	s.backend.Meter.Refused(c.port, causeFull)
	if now := time.Now(); now.Sub(s.complained) >= evictionInterval {
		s.log.Warn("limits.connections is reached: the oldest connections that have not logged in are closed to make room", "ended", s.evicted)
		s.complained, s.evicted = now, 0
	}
	return true
}

// Waits is door.Host's.
func (c *connection) Waits(wake func()) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c.wake = wake
	switch {
	case c.evicted:
		if wake != nil {
			wake()
		}
	case c.waits == nil:
		c.waits = s.waiting.PushBack(c)
	}
}

// Tried is door.Host's.
func (c *connection) Tried() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.stopWaiting(c)
}

func (s *Server) stopWaiting(c *connection) {
	if c.waits != nil {
		s.waiting.Remove(c.waits)
		c.waits = nil
	}
}
