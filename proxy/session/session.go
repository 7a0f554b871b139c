package session

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/maildrop"
	"popbridge/proxy/pop3"
)

// Session is one POP3 connection, served by one goroutine.
type Session struct {
	door.Env
	conn *wire

	state  state
	bad    int    // bad commands in a row
	done   bool   // the connection is to be closed in good order
	result string // how it ended, for the log

	user      string // from USER, in AUTHORIZATION
	timestamp string // in the greeting, for APOP; empty: it is not offered
	passed    bool   // the command before was PASS
	failed    int    // logins refused for their credentials
	warned    bool   // the log knows that the device tried without TLS

	drop  *maildrop.Maildrop // in TRANSACTION
	idle  bool               // the device is silent, and the maildrop knows
	tally tally
}

// tally is what the log line at the end counts.
type tally struct {
	retr, top, dele int
	octets          int64
}

// New makes a session on a connection whose device has said nothing yet.
func New(e door.Env, nc net.Conn) *Session {
	e.Open = func(ctx context.Context, r backend.Request) (io.Closer, error) { return e.Backend.OpenMailbox(ctx, r) }
	s := &Session{Env: e, state: authorization}
	s.conn = &wire{raw: nc, Conn: pop3.NewConn(door.NewPatient(nc, func(begun, since time.Time) time.Time {
		return s.WriteBy(s.state != authorization, s.Config.Limits.IdleTimeout, begun, since)
	}))}
	s.conn.Moved = func() {
		if s.drop != nil {
			s.drop.Active()
		}
	}
	if e.Log.IsTrace() {
		s.conn.traceTo(e.Log, e.ID)
	}
	return s
}

// Serve serves a session to its end, and closes the connection.
func Serve(e door.Env, nc net.Conn) { New(e, nc).Run() }

// Run serves the session to its end. It closes the connection.
func (s *Session) Run() {
	defer s.end()
	if s.Listener.TLS == configs.TLSImplicit {
		if err := s.conn.startTLS(&s.Env); err != nil {
			s.result = "TLS handshake failed"
			return
		}
	}
	s.greet()
	for !s.done {
		// Fails on a connection that is closed: a QUIT that was read ahead counts
		// no more than one that was not.
		if err := s.awaitCommand(); err != nil {
			s.readFailed(err)
			return
		}
		s.step()
		if err := s.conn.Broken(); err != nil && !s.done {
			// What was read ahead counts no more: the device has not been told what
			// came before it.
			s.readFailed(err)
		}
	}
	if err := s.conn.Flush(); err != nil && s.result == "" {
		s.result = "connection lost"
	}
}

// idleAfter is how long a device may be silent before its session lets go of what
// it holds upstream.
const idleAfter = 5 * time.Second

// awaitCommand sets how long the next command may take to come.
func (s *Session) awaitCommand() error {
	if s.state == authorization {
		return s.conn.SetReadDeadline(s.LoginDeadline())
	}
	patience := s.Config.Limits.IdleTimeout
	if s.idle {
		patience -= idleAfter
	} else {
		patience = min(patience, idleAfter)
	}
	return s.conn.SetReadDeadline(time.Now().Add(patience))
}

// becomeIdle lets go, the first time that the device has been silent for a while. It
// reports whether there is reason to go on waiting.
func (s *Session) becomeIdle(err error) bool {
	if s.idle || s.state != transaction || !errors.Is(err, os.ErrDeadlineExceeded) || s.Config.Limits.IdleTimeout <= idleAfter {
		return false
	}
	s.idle = true
	s.drop.Idle()
	return true
}

// step reads one command and answers it.
func (s *Session) step() {
	cmd, err := s.conn.ReadCommand()
	if s.becomeIdle(err) {
		return
	}
	s.idle = false
	if err != nil && !errors.Is(err, pop3.ErrNUL) && !errors.Is(err, pop3.ErrCR) {
		s.readFailed(err)
		return
	}
	if err == nil && cmd == (pop3.Command{}) && s.passed {
		s.passed = false // devices send an extra CRLF behind PASS
		return
	}
	s.passed = cmd.Verb == "PASS"
	start := time.Now()
	if err != nil {
		err = usage("%v", err)
	} else {
		err = s.dispatch(cmd)
	}
	s.answer(cmd, err)
	s.Meter.Command(cmd.Verb, err == nil, time.Since(start))
}
