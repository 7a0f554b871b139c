package liars

import (
	"bufio"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
)

// Password is what every user has, until ChangePassword.
const Password = "wonderland"

// Options says what the server is when it does not lie.
type Options struct {
	// Caps are announced besides IMAP4rev1, AUTH=PLAIN, SASL-IR and NAMESPACE.
	Caps []string
	// TLS is what STARTTLS needs, or the whole connection where Implicit.
	TLS      *tls.Config
	Implicit bool
	// Literals answers every command that announces a literal and waits to be asked
	// for it; nil asks. What follows is read as the next command.
	Literals Lie
	// Unasked does the same with a literal that does not wait (RFC 7888).
	Unasked Lie
	// Permanent is the list in PERMANENTFLAGS; empty is all flags and \*.
	Permanent string
}

// Server is one account's IMAP server on a loopback port.
type Server struct {
	t  testing.TB
	o  Options
	nl net.Listener
	wg sync.WaitGroup

	mu       sync.Mutex
	mail     *Mail
	rules    []*counted
	commands []string
	conns    map[net.Conn]*conn
	password string
	logins   int
	accepted int
	cuts     []int // octets until the next connection is cut
	closed   bool
}

// New starts a server with NewMail; it ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, o: o, nl: nl, mail: NewMail(), password: Password, conns: make(map[net.Conn]*conn)}
	s.wg.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Address is where it listens.
func (s *Server) Address() string { return s.nl.Addr().String() }

// Close ends the server and every connection to it. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.nl.Close()
	s.Hangup()
	s.wg.Wait()
}

// Hangup closes every connection without a word.
func (s *Server) Hangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc := range s.conns {
		_ = nc.Close()
	}
}

// Mail lets a test read or change the model.
func (s *Server) Mail(use func(*Mail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	use(s.mail)
}

// Reset puts a new NewMail in the model's place, forgets the commands, and ends
// the connections that have the old one selected.
func (s *Server) Reset() {
	s.Hangup()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail, s.commands, s.logins = NewMail(), nil, 0
}

// Commands are all that was sent so far, without tags; passwords and all.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// Sent counts the commands that begin with a text.
func (s *Server) Sent(text string) (n int) {
	for _, c := range s.Commands() {
		if strings.HasPrefix(c, text) {
			n++
		}
	}
	return n
}

// Logins counts the logins that were accepted.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// CutAfter lets so many octets out, on all connections together, and closes the
// one that wants to send more; then the next number counts, and behind the last
// one there is no limit.
func (s *Server) CutAfter(octets ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts = octets
}

// allow takes n octets of what CutAfter left, and gives how many there were.
func (s *Server) allow(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.cuts) == 0:
		return n
	case n <= s.cuts[0]:
		s.cuts[0] -= n
		return n
	}
	n = s.cuts[0]
	s.cuts = s.cuts[1:]
	return n
}

func (s *Server) accept() {
	for {
		nc, err := s.nl.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = nc.Close()
			return
		}
		c := &conn{s: s, nc: nc}
		s.conns[nc] = c
		s.accepted++
		s.wg.Go(func() { s.serve(c, nc) })
		s.mu.Unlock()
	}
}

func (s *Server) serve(c *conn, raw net.Conn) {
	defer func() {
		_ = raw.Close()
		s.mu.Lock()
		delete(s.conns, raw)
		s.mu.Unlock()
	}()
	if s.o.Implicit {
		c.nc = tls.Server(raw, s.o.TLS)
		c.secured = true
	}
	c.r = bufio.NewReader(c.nc)
	c.run()
}
