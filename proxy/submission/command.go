package submission

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// commands are those that there are, with what is done with a line of each before the
// server gets it. They give what it gets; nothing where the device has been answered.
var commands = map[string]func(*Session, translate.SMTPCommand) string{
	"AUTH":     (*Session).readAuth,
	"BDAT":     (*Session).readChunk,
	"DATA":     (*Session).readDATA,
	"EHLO":     (*Session).readHello,
	"HELO":     (*Session).readHello,
	"HELP":     (*Session).readHelp,
	"MAIL":     (*Session).readMail,
	"NOOP":     bare,
	"QUIT":     (*Session).readQuit,
	"RCPT":     (*Session).readRcpt,
	"RSET":     bare,
	"STARTTLS": (*Session).readStartTLS,
	"VRFY":     bare,
}

// Verbs are the commands that exist, sorted.
func Verbs() []string { return slices.Sorted(maps.Keys(commands)) }

// Results are the ways in which a session may end, as the log names them.
func Results() []string {
	return []string{
		"TLS handshake failed", "TLS on a plain text port", "closed by popbridge", "connection lost", "idle timeout", "line too long", "login timeout",
		"no PROXY header", "no QUIT", "not SMTP", "quit", "refused", "too many bad commands", "too many failed logins",
	}
}

// read looks at a line, and gives what the server gets.
func (s *Session) read(line string) string {
	w := s.wire
	if s.sent != nil && w.fresh {
		s.sent.Heard() // it goes on, so it has read the 250
		s.sent = nil
	}
	if w.asked {
		w.asked = false
		w.trace("C", "<redacted>")
		return s.readAnswer(line)
	}
	cmd, err := translate.ParseSMTPCommand(line)
	run, known := commands[cmd.Verb]
	w.trace("C", redact(cmd, known, line))
	w.verb = cmd.Verb
	switch {
	case err != nil:
		return s.answer("500 5.5.2 " + err.Error())
	case cmd.Verb == "":
		return s.answer("500 5.5.2 a command is expected")
	case !known && foreign(cmd.Verb):
		s.result, w.last = "not SMTP", true
		if cmd.Verb == "PROXY" {
			s.Throttle.Say(s.Log.Warn, s.Client, "a PROXY header came from an address that proxy_protocol does not name", "listener", s.Listener.Name)
		}
		return ""
	case !known:
		return s.answer("500 5.5.1 the command is not known")
	}
	return run(s, cmd)
}

// foreign knows the verbs of other protocols: a browser tricked into sending a request
// to this port must get nothing out of it.
func foreign(verb string) bool {
	switch verb {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI", "USER", "PASS", "CAPA", "PROXY":
		return true
	}
	return false
}

// redact leaves passwords out of a line of the wire.
func redact(cmd translate.SMTPCommand, known bool, line string) string {
	mechanism, initial, _ := strings.Cut(cmd.Args, " ")
	switch {
	case !known:
		return "<redacted: unknown command>"
	case cmd.Verb == "AUTH" && !sasl.Known(mechanism):
		return "AUTH <redacted>"
	case cmd.Verb == "AUTH" && initial != "":
		return "AUTH " + mechanism + " <redacted>"
	}
	return line
}

// answer answers in place of the server.
func (s *Session) answer(line string) string {
	s.wire.say(line)
	return ""
}

// bare gives the server a command without its arguments, which say nothing to it.
func bare(_ *Session, cmd translate.SMTPCommand) string {
	if cmd.Verb == "VRFY" {
		return "VRFY somebody\r\n"
	}
	return cmd.Verb + "\r\n"
}

// greeted gives the server a HELO in place of a device that has said none.
func (s *Session) greeted(line string) string {
	if s.helo != "" {
		return line
	}
	s.helo = "unknown"
	s.wire.swallow++
	return "HELO unknown\r\n" + line
}

// readHello takes any name, since none is trusted, and the lack of one.
func (s *Session) readHello(cmd translate.SMTPCommand) string {
	name, _, _ := strings.Cut(cmd.Args, " ")
	if name == "" || len(name) > 255 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("()<>\\\",;", r) }) {
		name = "unknown"
	}
	s.helo, s.extended = name, cmd.Verb == "EHLO"
	if s.extended {
		s.wire.instead = []byte(s.capabilities())
	}
	return cmd.Verb + " " + name + "\r\n"
}

func (s *Session) readHelp(translate.SMTPCommand) string {
	return s.answer("214 2.0.0 this takes mail from devices that log in (RFC 6409)")
}

// readChunk ends the session: the chunk behind a BDAT that was not offered would be
// read as commands.
func (s *Session) readChunk(translate.SMTPCommand) string {
	s.result, s.wire.last = "not SMTP", true
	return s.answer("502 5.5.1 BDAT is not offered here")
}

func (s *Session) readQuit(translate.SMTPCommand) string {
	s.result = "quit"
	return "QUIT\r\n"
}

// readStartTLS is RFC 3207: what the device has said before is forgotten.
func (s *Session) readStartTLS(translate.SMTPCommand) string {
	switch {
	case s.secured:
		return s.answer("503 5.5.1 TLS is active already")
	case !s.tlsOffered():
		return s.answer("502 5.5.1 TLS is not available here")
	}
	s.wire.say("220 2.0.0 begin TLS")
	if s.startTLS() != nil {
		s.result, s.wire.last = "TLS handshake failed", true
		_ = s.wire.Conn.Close()
	}
	s.bad = 0
	return ""
}

// replied notes a reply to the device, and gives a line that closes the session where
// it is one too many.
func (s *Session) replied(code, verb string, since time.Time) (closing string) {
	if code == "334" || code == "354" && verb == "DATA" {
		return ""
	}
	if code != "220" || verb == "STARTTLS" {
		s.Meter.Command(verb, code < "400", time.Since(since))
	}
	switch {
	case code == "535":
		if s.failed++; s.failed >= maxFailedLogins {
			s.result = "too many failed logins"
			return "421 4.7.0 too many logins have failed, the connection is closed"
		}
	case code >= "500" && code <= "504":
		most := s.Config.Limits.BadCommands
		if s.relay == nil {
			most = min(most, 3)
		}
		if s.bad++; s.bad >= most {
			s.result = "too many bad commands"
			return "421 4.7.0 too many bad commands, the connection is closed"
		}
		return ""
	}
	s.bad = 0
	return ""
}

// maxFailedLogins closes a connection: a guesser has to come again for more.
const maxFailedLogins = 10

// decodable reports whether a text is base64, as the server takes it.
func decodable(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil || text == "="
}
