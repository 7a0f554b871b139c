package session

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// Results are the ways in which a session may end, as the log names them.
func Results() []string {
	return []string{
		"TLS handshake failed", "TLS on a plain text port", "broken off", "closed by popbridge", "connection lost", "idle timeout",
		"line too long", "login timeout", "no PROXY header", "no QUIT", "not POP3", "quit", "quit failed", "refused", "too many bad commands", "too many failed logins",
	}
}

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
func (s *Session) answer(cmd pop3.Command, err error) {
	if err == nil {
		s.bad = 0
		return
	}
	var broken brokenBody
	var unread readError
	var bad *badCommand
	switch {
	case errors.As(err, &unread):
		s.readFailed(unread.error)
		return
	case s.conn.Broken() != nil && !errors.As(err, &broken):
		return // whoever called says how the session ends
	case errors.As(err, &broken):
		if s.done {
			return // whoever ended the session has said why
		}
		s.Log.Warn("answer broken off", "command", cmd.Verb, "cause", broken.error)
		s.finish("broken off")
		s.conn.abort(s.Log)
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
		s.Log.Warn("command refused", "command", cmd.Verb, "code", refusal.Code, "cause", refusal.Err)
	}
	text := refusal.Text
	if s.bad >= badCommands(s.Config.Limits, s.state) {
		s.finish("too many bad commands")
		text += "; too many bad commands, the connection is closed"
	}
	s.conn.Err(refusal.Code, text)
}

// badCommands is how many in a row end the connection.
func badCommands(l configs.Limits, in state) int {
	if in == authorization {
		return min(l.BadCommands, 3)
	}
	return l.BadCommands
}

// readFailed ends a session whose next command could not be read.
func (s *Session) readFailed(err error) {
	switch {
	case errors.Is(err, pop3.ErrLineTooLong):
		s.conn.Err("", "line is too long")
		s.conn.DrainLine()
		s.finish("line too long")
	case errors.Is(err, pop3.ErrTLSHello):
		s.Log.Warn("the device speaks TLS on a plain text port; point it to a listener with tls = \"implicit\", or set it to STARTTLS", "listener", s.Listener.Name)
		s.finish("TLS on a plain text port")
	case errors.Is(err, os.ErrDeadlineExceeded) && s.state == authorization:
		s.conn.Err("", "login took too long")
		s.finish("login timeout")
	case errors.Is(err, os.ErrDeadlineExceeded):
		// RFC 1939 §3: closed without a reply and without UPDATE.
		s.finish("idle timeout")
		s.conn.abort(s.Log)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.finish("no QUIT")
	case errors.Is(err, net.ErrClosed):
		s.finish("closed by popbridge")
	default:
		s.finish("connection lost")
	}
}

// finish lets the loop end in good order: what waits is still sent.
func (s *Session) finish(result string) { s.done, s.result = true, result }
