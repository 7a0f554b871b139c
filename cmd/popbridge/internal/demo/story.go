package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// story is one POP3 session as far as it has been told. Commands may be
// pipelined, so those without a reply wait in a queue (RFC 2449 §6.6).
type story struct {
	id      string
	pending []pop3Command // sent, not answered
	open    *pop3Command  // RETR or TOP, its +OK seen, its body not yet whole
	sasl    bool          // the next line of the device answers a challenge

	loggedIn bool // the log line "login" has come
	marked   int  // messages marked by DELE
	quit     bool
	hurt     bool // the last sentence already said why the session fails

	upstream []operation // IMAP commands that no sentence has named yet
}

// sentence is one line of the narration: on the left the device, on the right
// what it became.
type sentence struct {
	command string // "RETR 3", or empty
	text    string
	before  string // said before the operations
	became  []operation
	extra   string // said after the operations
	failed  bool
}

// pop3Command is a verb that the narrator knows, with its numbers. Other
// arguments are names and secrets and are not kept.
type pop3Command struct {
	verb    string
	numbers []string
}

func (c pop3Command) String() string {
	return strings.Join(append([]string{c.verb}, c.numbers...), " ")
}

func (c pop3Command) number() string {
	if len(c.numbers) == 0 {
		return "?"
	}
	return c.numbers[0]
}

func (c pop3Command) isLogin() bool { return c.verb == "PASS" || c.verb == "APOP" || c.verb == "AUTH" }

func parseCommand(line string) pop3Command {
	words := strings.Fields(line)
	if len(words) == 0 {
		return pop3Command{}
	}
	c := pop3Command{verb: strings.ToUpper(words[0])}
	switch c.verb {
	case "LIST", "RETR", "DELE", "TOP", "UIDL":
		for _, w := range words[1:min(len(words), 3)] {
			if _, err := strconv.ParseUint(w, 10, 32); err == nil {
				c.numbers = append(c.numbers, w)
			}
		}
	case "USER", "PASS", "APOP", "AUTH", "CAPA", "STLS", "STAT", "NOOP", "RSET", "LAST", "QUIT", "UTF8", "LANG", "XTND":
	default:
		c.verb = ""
	}
	return c
}

// command takes a line of the device.
func (s *story) command(line string) []sentence {
	if s.sasl {
		s.sasl = false
		return nil
	}
	s.pending = append(s.pending, parseCommand(line))
	return nil
}

// reply takes a line of ours: the greeting, a challenge, or the answer to the
// oldest command.
func (s *story) reply(line string) []sentence {
	if line == "+" || strings.HasPrefix(line, "+ ") {
		s.sasl = true
		return nil
	}
	status, text, _ := strings.Cut(line, " ")
	if status != "+OK" && status != "-ERR" || len(s.pending) == 0 {
		return nil
	}
	told := s.cut()
	c := s.pending[0]
	s.pending = s.pending[1:]
	if status == "-ERR" {
		return append(told, s.refused(c, text))
	}
	switch {
	case c.verb == "RETR" || c.verb == "TOP":
		s.open = &c
		return told
	case c.isLogin():
		return told // the log line "login" knows more
	case c.verb == "USER":
		return told
	case c.verb == "DELE":
		s.marked++
	case c.verb == "RSET":
		s.marked = 0
	case c.verb == "QUIT":
		s.quit = true
	}
	return append(told, s.done(c, text))
}

// body takes the end of a multi-line reply. That of LIST and its like has been
// told with the +OK.
func (s *story) body(octets int64) []sentence {
	if s.open == nil {
		return nil
	}
	c := *s.open
	s.open = nil
	text := fmt.Sprintf("message %s, %s sent", c.number(), size(octets))
	if c.verb == "TOP" {
		text = fmt.Sprintf("top of message %s, %s sent", c.number(), size(octets))
	}
	return []sentence{s.say(c, text)}
}

// cut tells of a body that never ended.
func (s *story) cut() []sentence {
	if s.open == nil {
		return nil
	}
	c := *s.open
	s.open = nil
	told := s.say(c, fmt.Sprintf("message %s broken off", c.number()))
	told.failed = true
	return []sentence{told}
}

func (s *story) login(a arguments) []sentence {
	s.loggedIn = true
	text := "device logs in as " + a.text("account")
	if device := a.text("device"); device != "" {
		text += " (" + device + ")"
	}
	told := s.say(pop3Command{}, text)
	if !slices.ContainsFunc(told.became, operation.isLogin) {
		told.before = "the IMAP connection of an earlier login is used again"
	}
	told.extra = fmt.Sprintf("%s, %s", count(a.number("messages"), "message"), size(a.number("octets")))
	return []sentence{told}
}

// end tells of a session that ended otherwise than by QUIT, and of what went
// upstream after the last reply.
func (s *story) end(result string) []sentence {
	told := s.cut()
	switch {
	case s.quit && len(s.upstream) > 0:
		told = append(told, s.say(pop3Command{}, "after the device has gone"))
	case s.quit || s.hurt:
	case s.loggedIn:
		text := "gone without QUIT"
		if s.marked > 0 {
			text += ": " + count(int64(s.marked), "mark") + " forgotten"
		}
		told = append(told, s.say(pop3Command{}, because(text, result)))
	default:
		told = append(told, s.say(pop3Command{}, because("gone before login", result)))
	}
	return told
}

func because(text, result string) string {
	if result == "" || result == "no QUIT" { // which is said already
		return text
	}
	return text + " (" + result + ")"
}

// say makes a sentence that names all operations since the last one.
func (s *story) say(c pop3Command, text string) sentence {
	became := s.upstream
	s.upstream = nil
	s.hurt = false
	return sentence{command: c.String(), text: text, became: became}
}

// refused puts an -ERR into words. The response code (RFC 2449 §8) is for
// programs; its text says the same.
func (s *story) refused(c pop3Command, text string) sentence {
	if strings.HasPrefix(text, "[") {
		if _, after, found := strings.Cut(text, "] "); found {
			text = after
		}
	}
	var told sentence
	switch {
	case c.isLogin():
		told = s.say(pop3Command{}, "login refused: "+text)
	case c.verb == "":
		told = s.say(c, "a command that POP3 does not know: "+text)
	default:
		told = s.say(c, "refused: "+text)
	}
	s.hurt = c.isLogin()
	s.quit = s.quit || c.verb == "QUIT"
	told.failed = true
	return told
}
