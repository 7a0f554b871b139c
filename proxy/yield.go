package proxy

import (
	"context"
	"time"
)

// Where limits.connections is reached, the oldest connection that has not logged
// in makes room for a new one: a flood of idle connections pushes itself out, and
// a device that logs in at once gets through it. A connection whose login is
// being tried has made progress, and yields to nobody.

// yieldInterval is how often the log says that connections had to make room.
const yieldInterval = time.Minute

// makeRoom ends the oldest connection that waits. It reports whether there was one.
func (s *Server) makeRoom() bool {
	e := s.waiting.Front()
	if e == nil {
		return false
	}
	sess := s.waiting.Remove(e).(*session)
	sess.waits, sess.gone = nil, true
	s.admitted.leave(sess.counted)
	_ = s.sessions[sess].Close()
	if sess.wake != nil {
		sess.wake()
	}
	s.yielded++
	s.backend.Meter.Refused(sess.listener.Name, causeFull)
	if now := time.Now(); now.Sub(s.complained) >= yieldInterval {
		s.log.Warn("limits.connections is reached: the oldest connections that have not logged in make room", "ended", s.yielded)
		s.complained, s.yielded = now, 0
	}
	return true
}

// waitsToLogIn says that a session may have to make room; wake, which may be nil,
// is called when it does.
func (s *Server) waitsToLogIn(sess *session, wake func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.wake = wake
	switch {
	case sess.gone:
		if wake != nil {
			wake()
		}
	case sess.waits == nil:
		sess.waits = s.waiting.PushBack(sess)
	}
}

// isTried says that a session's login is being tried.
func (s *Server) isTried(sess *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopWaiting(sess)
}

func (s *Server) stopWaiting(sess *session) {
	if sess.waits != nil {
		s.waiting.Remove(sess.waits)
		sess.waits = nil
	}
}

// holdBack waits before a login's refusal is sent. What it cost upstream and in
// the ledger has been given back; a connection that waits so may be ended to make
// room.
func (s *session) holdBack(d time.Duration) {
	ctx, cancel := context.WithDeadline(s.server.draining, s.loginDeadline())
	defer cancel()
	s.server.waitsToLogIn(s, cancel)
	defer s.server.waitsToLogIn(s, nil)
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
