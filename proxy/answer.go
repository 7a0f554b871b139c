package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// maxFailedLogins closes a connection: a guesser has to come again for more.
const maxFailedLogins = 10

// badCommand is a Refusal that counts against limits.bad_commands.
type badCommand struct{ translate.Refusal }

func (b *badCommand) Unwrap() error { return &b.Refusal }

func usage(format string, args ...any) error {
	return &badCommand{translate.Refusal{Text: fmt.Sprintf(format, args...)}}
}

// notOffered is the refusal of what is right in itself and not offered here, such
// as a mechanism: a device may try what it knows in order of preference (RFC 1734
// §2, RFC 5034 §4), and none of it is a bad command.
func notOffered(text string) error { return &translate.Refusal{Text: text} }

// brokenBody is an error after the first octet of a multi-line answer: no reply
// is possible any more.
type brokenBody struct{ error }

func (b brokenBody) Unwrap() error { return b.error }

// answer sends the one -ERR of a command that failed, and counts bad commands.
func (s *session) answer(cmd pop3.Command, err error) {
	var broken brokenBody
	var bad *badCommand
	switch {
	case err == nil:
		s.bad = 0
		return
	case errors.As(err, &broken):
		if s.done {
			return // whoever ended the session has said why
		}
		s.log.Warn("answer broken off", "command", cmd.Verb, "cause", broken.error)
		s.finish("broken off")
		s.abort()
		return
	case errors.As(err, &bad):
		s.bad++
	default:
		s.bad = 0
	}
	refusal := translate.Refuse(err)
	if refusal.Code == translate.CodeAuth {
		if s.failed++; s.failed >= maxFailedLogins {
			s.finish("too many failed logins")
		}
	}
	if refusal.Err != nil {
		s.log.Warn("command refused", "command", cmd.Verb, "code", refusal.Code, "cause", refusal.Err)
	}
	text := refusal.Text
	if s.bad >= s.badCommands() {
		s.finish("too many bad commands")
		text += "; too many bad commands, the connection is closed"
	}
	s.conn.Err(refusal.Code, text)
}

// badCommands is how many in a row end the connection.
func (s *session) badCommands() int {
	if s.state == authorization {
		return min(s.config.Limits.BadCommands, 3)
	}
	return s.config.Limits.BadCommands
}

// readFailed ends a session whose next command could not be read.
func (s *session) readFailed(err error) {
	switch {
	case errors.Is(err, pop3.ErrLineTooLong):
		s.conn.Err("", "line is too long")
		s.conn.DrainLine()
		s.finish("line too long")
	case errors.Is(err, pop3.ErrTLSHello):
		s.log.Warn("the device speaks TLS on a plain text port; point it to a listener with tls = \"implicit\", or set it to STARTTLS", "listener", s.listener.Name)
		s.finish("TLS on a plain text port")
	case errors.Is(err, os.ErrDeadlineExceeded) && s.state == authorization:
		s.conn.Err("", "login took too long")
		s.finish("login timeout")
	case errors.Is(err, os.ErrDeadlineExceeded):
		// RFC 1939 §3: closed without a reply and without UPDATE.
		s.finish("idle timeout")
		s.abort()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.finish("no QUIT")
	case errors.Is(err, net.ErrClosed):
		s.finish("closed by popbridge")
	default:
		s.finish("connection lost")
	}
}

// finish lets the loop end in good order: what waits is still sent.
func (s *session) finish(result string) { s.done, s.result = true, result }

// abort closes the connection without another octet.
func (s *session) abort() {
	if err := s.conn.Close(); err != nil {
		s.log.Trace("close", "error", err)
	}
}
