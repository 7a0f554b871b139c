package demo

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// sinkName is what the demo's submission server calls itself.
const sinkName = "mail.example"

// Sink is a submission server that takes every message of one account, and sends it to
// nobody.
type Sink struct{ server *smtp.Server }

// NewSink makes a Sink. Close it.
func NewSink(user, password string) *Sink {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sunk{user: user, password: password}, nil }))
	s.Domain, s.AllowInsecureAuth, s.MaxMessageBytes = sinkName, true, 50<<20
	s.ReadTimeout, s.WriteTimeout = 10*time.Minute, time.Minute
	return &Sink{s}
}

// Serve serves a listener until Close, after which it gives nil.
func (s *Sink) Serve(l net.Listener) error { return s.server.Serve(l) }

// Close ends listeners and connections.
func (s *Sink) Close() error { return s.server.Close() }

// sunk is one connection.
type sunk struct {
	user, password string
	in             bool
}

func (s *sunk) Reset()                               {}
func (s *sunk) Logout() error                        { return nil }
func (s *sunk) Mail(string, *smtp.MailOptions) error { return s.known() }
func (s *sunk) Rcpt(string, *smtp.RcptOptions) error { return s.known() }
func (s *sunk) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (s *sunk) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.in = user == s.user && password == s.password; !s.in {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *sunk) known() error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

// Data reads a message to its end.
func (s *sunk) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
