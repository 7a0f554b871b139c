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

// Session is one POP3 connection, served by one goroutine at a time.
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
	begun bool               // there was a greeting
	rests bool               // until the device says something
	tally tally
}

// tally is what the log line at the end counts.
type tally struct {
	retr, top, dele int
	octets          int64
}

// New makes a session on a connection whose device has said nothing yet.
func New(e door.Env, nc net.Conn) *Session {
	mailbox := e.Backend.OpenMailbox // and not e, which would be kept twice
	e.Open = func(ctx context.Context, r backend.Request) (io.Closer, error) { return mailbox(ctx, r) }
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

// Run serves the session until it has ended, and its connection is closed, or until its
// device has been silent for a while: then it reports that the session rests, which goes on
// with Run, by whichever goroutine, when door.Await has returned.
func (s *Session) Run() (rests bool) {
	defer func() {
		if !rests {
			s.end()
		}
	}()
	if !s.begun {
		s.begun = true
		if s.Listener.TLS == configs.TLSImplicit {
			if err := s.conn.startTLS(&s.Env); err != nil {
				s.result = "TLS handshake failed"
				return false
			}
		}
		s.greet()
	}
	for !s.done {
		// Fails on a connection that is closed: a QUIT that was read ahead counts
		// no more than one that was not.
		if err := s.awaitCommand(); err != nil {
			s.readFailed(err)
			return false
		}
		if s.rests {
			s.conn.Rest()
			return true
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
	return false
}

// idleAfter is how long a device may be silent before its session lets go of what
// it holds upstream.
const idleAfter = 5 * time.Second

// awaitCommand sets how long the next command may take to come, and whether the session
// rests until then. To one that has rested the time is set already.
func (s *Session) awaitCommand() error {
	if s.rests {
		s.rests = false
		return nil
	}
	if s.state == authorization {
		return s.conn.SetReadDeadline(s.LoginDeadline())
	}
	patience := s.Config.Limits.IdleTimeout
	if s.idle {
		patience -= idleAfter
		s.rests = door.MayAwait(s.conn.raw)
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
