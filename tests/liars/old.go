package liars

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
)

// OldOptions say what an old POP3 server is when it does not lie.
type OldOptions struct {
	// Caps are announced by CAPA; nil: the server does not know the command.
	Caps []string
	// NoUIDL and NoTOP refuse what RFC 1939 makes optional.
	NoUIDL, NoTOP bool
	// Locked lets one session into the maildrop at a time.
	Locked bool
	// TLS is what STLS needs, or the whole connection where Implicit.
	TLS      *tls.Config
	Implicit bool
}

// OldMessage is a message in an old server's maildrop.
type OldMessage struct {
	ID   string
	Text string // with CRLF line ends
	// Octets is what LIST says; 0 is the truth.
	Octets int
}

// OldLie takes the place of an old server's answers to a verb; "GREETING" is one.
type OldLie struct {
	Verb string
	// Skip is how many of them are answered honestly before.
	Skip int
	// Times is how often it lies; 0 is for ever.
	Times int
	// Say is sent in place of the answer; an honest answer is cut to CutAt octets
	// where that is not 0.
	Say   string
	CutAt int
	// Carry has the command take its effect all the same.
	Carry bool
	// Hangup closes the connection behind it.
	Hangup bool
}

// Old is an old POP3 server with one account, alice, on a loopback port.
type Old struct {
	o  OldOptions
	nl net.Listener
	wg sync.WaitGroup

	mu       sync.Mutex
	mail     []OldMessage
	lies     []*OldLie
	commands []string
	conns    map[net.Conn]struct{}
	held     bool
	most     int // connections at once
	sessions int // logins
}

// NewOld starts a server; it ends with the test.
func NewOld(t testing.TB, o OldOptions, mail ...OldMessage) *Old {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Old{o: o, nl: nl, mail: mail, conns: make(map[net.Conn]struct{})}
	s.wg.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Address is where it listens.
func (s *Old) Address() string { return s.nl.Addr().String() }

// Close ends the server and every connection to it. It may be called twice.
func (s *Old) Close() {
	_ = s.nl.Close()
	s.Hangup()
	s.wg.Wait()
}

// Hangup closes every connection without a word.
func (s *Old) Hangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc := range s.conns {
		_ = nc.Close()
	}
}

// Lie adds a lie.
func (s *Old) Lie(l OldLie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lies = append(s.lies, &l)
}

// Mail lets a test read or change the maildrop; sessions that are open keep the
// numbers that they began with.
func (s *Old) Mail(use func([]OldMessage) []OldMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = use(s.mail)
}

// IDs are the unique-ids of what the maildrop holds.
func (s *Old) IDs() (ids []string) {
	s.Mail(func(mail []OldMessage) []OldMessage {
		for _, m := range mail {
			ids = append(ids, m.ID)
		}
		return mail
	})
	return ids
}

// Commands are those that were received, without the greeting, in order.
func (s *Old) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Sessions is how many logins there were, and Most how many connections there
// were at once.
func (s *Old) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Most is how many connections there were at once.
func (s *Old) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *Old) accept() {
	for {
		nc, err := s.nl.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[nc] = struct{}{}
		s.most = max(s.most, len(s.conns))
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(nc) })
	}
}

// lie gives the lie that is told now, nil for the truth.
func (s *Old) lie(verb string) *OldLie {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.lies {
		if l.Verb != verb {
			continue
		}
		if l.Skip > 0 {
			l.Skip--
			return nil
		}
		told := *l
		if l.Times > 0 {
			if l.Times--; l.Times == 0 {
				s.lies = slices.Delete(s.lies, i, i+1)
			}
		}
		return &told
	}
	return nil
}
