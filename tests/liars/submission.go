package liars

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// SubmissionOptions say what a scripted submission server announces.
type SubmissionOptions struct {
	// Extensions are the lines of EHLO's answer behind the first; nil means
	// "PIPELINING", "8BITMIME", "SIZE 60000000", "DSN" and "AUTH PLAIN LOGIN".
	Extensions []string
	// Password lets in, by PLAIN; empty is Password.
	Password string
	// Forget has it keep no text of a message.
	Forget bool
	// Token is what alone lets in, by XOAUTH2; empty: the password does.
	Token string
	// TLS is for STARTTLS, which Extensions must name.
	TLS *tls.Config
}

// SubmissionLie is what a scripted submission server does in place of the truth.
type SubmissionLie struct {
	// Verb is a command, or GREETING, BODY (the first octets of a message), END (its last
	// dot), or HANDSHAKE (what comes behind the answer to STARTTLS).
	Verb string
	// Say is sent as it stands.
	Say string
	// Close closes the connection behind that.
	Close bool
	// Wait is for how long nothing is said before.
	Wait time.Duration
	// Times bounds how often it is told; 0: always.
	Times int
	// Told is called behind a lie for BODY, when all of it has been said and the connection is closed
	// where it is to be: only then is it certain to have come before the message's end. Nil: nobody asks.
	Told func()
}

// SubmittedMessage is one whose last dot has come.
type SubmittedMessage struct {
	From string
	To   []string
	Text string // without dot-stuffing
	// Taken says that it was answered with 2xx.
	Taken bool
}

// Submission is a scripted submission server.
type Submission struct {
	t        testing.TB
	o        SubmissionOptions
	listener net.Listener

	mu       sync.Mutex
	lies     []SubmissionLie
	messages []SubmittedMessage
	commands []string
}

// StartSubmission runs a server until the test ends.
func StartSubmission(t testing.TB, o SubmissionOptions) *Submission {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.Password == "" {
		o.Password = Password
	}
	if o.Extensions == nil {
		o.Extensions = []string{"PIPELINING", "8BITMIME", "SIZE 60000000", "DSN", "AUTH PLAIN LOGIN"}
	}
	s := &Submission{t: t, o: o, listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(nc)
		}
	}()
	return s
}

// Address is host:port.
func (s *Submission) Address() string { return s.listener.Addr().String() }

// Lie has the server lie from now on; nothing takes earlier lies back.
func (s *Submission) Lie(lies ...SubmissionLie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lies = lies
}

// Messages are those whose last dot has come.
func (s *Submission) Messages() []SubmittedMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SubmittedMessage(nil), s.messages...)
}

// Secured stands before a command that has come through TLS.
const Secured = "TLS "

// Commands are the lines that have come, without messages.
func (s *Submission) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

func (s *Submission) lie(verb string) (SubmissionLie, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.lies {
		if l.Verb == verb {
			if l.Times == 1 {
				s.lies = append(s.lies[:i:i], s.lies[i+1:]...)
			} else if l.Times > 1 {
				s.lies[i].Times--
			}
			return l, true
		}
	}
	return SubmissionLie{}, false
}

// submissionSession is one connection.
type submissionSession struct {
	*Submission
	nc  net.Conn
	r   *bufio.Reader
	now SubmittedMessage
	// secured says that TLS is active.
	secured bool
}

// answer says the truth, or a lie. It reports whether to go on, and what was said.
func (s *submissionSession) answer(verb, truth string) (said string, ok bool) {
	l, lies := s.lie(verb)
	if lies {
		time.Sleep(l.Wait)
		truth = l.Say
	}
	if _, err := s.nc.Write([]byte(truth)); err != nil || l.Close {
		return truth, false
	}
	return truth, true
}

func (s *Submission) serve(nc net.Conn) {
	defer nc.Close()
	c := &submissionSession{Submission: s, nc: nc, r: bufio.NewReader(nc)}
	_, ok := c.answer("GREETING", "220 liar ESMTP\r\n")
	for ok {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, map[bool]string{true: Secured}[c.secured]+line)
		s.mu.Unlock()
		verb, args, _ := strings.Cut(line, " ")
		ok = c.command(strings.ToUpper(verb), args)
	}
}

func (s *submissionSession) command(verb, args string) bool {
	truth := "250 2.0.0 ok\r\n"
	switch verb {
	case "EHLO":
		truth = "250-liar\r\n"
		for i, x := range s.o.Extensions {
			sep := "-"
			if i == len(s.o.Extensions)-1 {
				sep = " "
			}
			truth += "250" + sep + x + "\r\n"
		}
	case "AUTH":
		truth = s.login(args)
	case "MAIL":
		s.now = SubmittedMessage{From: address(args)}
		truth = "250 2.1.0 ok\r\n"
	case "RCPT":
		s.now.To = append(s.now.To, address(args))
		truth = "250 2.1.5 ok\r\n"
	case "DATA":
		said, ok := s.answer("DATA", "354 go on\r\n")
		if !ok || !strings.HasPrefix(said, "354") {
			return ok
		}
		return s.message()
	case "STARTTLS":
		said, ok := s.answer("STARTTLS", "220 2.0.0 go on\r\n")
		return ok && (!strings.HasPrefix(said, "220") || s.secure())
	case "QUIT":
		s.answer("QUIT", "221 2.0.0 bye\r\n")
		return false
	}
	_, ok := s.answer(verb, truth)
	return ok
}

// secure begins TLS, or lies. Commands behind it have a mark.
func (s *submissionSession) secure() bool {
	if said, ok := s.answer("HANDSHAKE", ""); said != "" || !ok {
		return ok
	}
	tc := tls.Server(s.nc, s.o.TLS)
	s.nc, s.r, s.secured = tc, bufio.NewReader(tc), true
	return tc.Handshake() == nil
}

func address(args string) string {
	_, args, _ = strings.Cut(args, "<")
	args, _, _ = strings.Cut(args, ">")
	return args
}

// login takes an initial response of PLAIN or XOAUTH2.
func (s *submissionSession) login(args string) string {
	mechanism, response, _ := strings.Cut(args, " ")
	text, _ := base64.StdEncoding.DecodeString(response)
	good := strings.HasSuffix(string(text), "\x00"+s.o.Password)
	if s.o.Token != "" {
		good = strings.EqualFold(mechanism, "XOAUTH2") && strings.Contains(string(text), "auth=Bearer "+s.o.Token+"\x01")
	}
	if good {
		return "235 2.7.0 welcome\r\n"
	}
	return "535 5.7.8 no\r\n"
}

// message reads up to the dot.
func (s *submissionSession) message() bool {
	var text strings.Builder
	for first := true; ; first = false {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		if !s.o.Forget {
			text.WriteString(strings.TrimPrefix(line, "."))
		}
		if !first {
			continue
		}
		if l, lies := s.lie("BODY"); lies {
			time.Sleep(l.Wait)
			_, _ = s.nc.Write([]byte(l.Say))
			if l.Close {
				_ = s.nc.Close()
			}
			if l.Told != nil {
				l.Told()
			}
			if l.Close {
				return false
			}
		}
	}
	s.now.Text = text.String()
	l, lies := s.lie("END")
	if !lies {
		l.Say = "250 2.6.0 taken\r\n"
	}
	time.Sleep(l.Wait)
	// It is known before it is said, and what a test hears is true.
	s.now.Taken = strings.HasPrefix(l.Say, "2") && !strings.Contains(l.Say, "\n5")
	s.mu.Lock()
	s.messages = append(s.messages, s.now)
	s.mu.Unlock()
	_, err := s.nc.Write([]byte(l.Say))
	return err == nil && !l.Close
}
