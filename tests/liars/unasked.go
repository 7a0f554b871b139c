package liars

import "io"

// ChangePassword gives every user another one. Who is logged in stays so.
func (s *Server) ChangePassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

func (s *Server) opens(password string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return password == s.password
}

// Freeze lets every connection that there is swallow what comes and answer
// nothing from now on, as the living half of a TCP connection does whose other
// half is gone. The first command on each is noted. New connections are served.
func (s *Server) Freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.frozen = true
	}
}

// note writes a command down and tells whether its connection is frozen.
func (s *Server) note(c *conn, command string) (frozen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
	return c.frozen
}

// Tell says something unasked on every connection, which must be idle and
// without TLS, and reports to how many.
func (s *Server) Tell(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc := range s.conns {
		if _, err := io.WriteString(nc, text); err != nil {
			s.t.Errorf("telling %q: %v", text, err)
		}
	}
	return len(s.conns)
}

// Connections counts those that are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Accepted counts the connections that there have been.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}
