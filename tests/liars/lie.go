package liars

import (
	"io"
	"strings"
)

// Words stands in every text of a lie that must never reach a device.
const Words = "RAW-UPSTREAM-WORDS"

// Greeting is the pseudo command before which a server greets.
const Greeting = "GREETING"

// Lie answers one command in the server's place.
type Lie func(x *Exchange)

// Rule lies about commands that contain a text. They are counted from 1 over
// the life of the rule; it lies about those from First to Last, of which 0 is
// no bound.
type Rule struct {
	On          string
	First, Last int
	Do          Lie
}

// Always lies about every command that contains on; Greeting is the greeting.
func Always(on string, do Lie) Rule { return Rule{On: on, Do: do} }

// Once lies about the first command only.
func Once(on string, do Lie) Rule { return Rule{On: on, First: 1, Last: 1, Do: do} }

type counted struct {
	Rule
	n int
}

// Lie replaces the rules; without any the server is honest. Of several rules
// for one command the first counts.
func (s *Server) Lie(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
	for _, r := range rules {
		s.rules = append(s.rules, &counted{Rule: r})
	}
}

func (s *Server) lieAbout(command string) Lie {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if !strings.Contains(command, r.On) {
			continue
		}
		r.n++
		if r.n >= r.First && (r.Last == 0 || r.n <= r.Last) {
			return r.Do
		}
	}
	return nil
}

// Exchange is a command and its answer to be.
type Exchange struct {
	Tag, Command string
	c            *conn
}

// Carry lets the command take effect and gives the honest answer.
func (x *Exchange) Carry() string { return x.c.carry(x.Tag, x.Command) }

// Send writes a text in which {tag} stands for the command's tag.
func (x *Exchange) Send(text string) { x.c.send(strings.ReplaceAll(text, "{tag}", x.Tag)) }

// Read takes the next line of a dialogue, without its CRLF; empty where the
// connection has ended.
func (x *Exchange) Read() string {
	line, err := x.c.r.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(line, "\r\n")
}

// Admit takes the login for granted and gives the honest answer to it.
func (x *Exchange) Admit() string { return x.c.logIn(x.Tag, true) }

// Close ends the connection.
func (x *Exchange) Close() { x.c.close() }

// Say answers with a text and has no effect.
func Say(text string) Lie { return func(x *Exchange) { x.Send(text) } }

// No refuses: words are a code in brackets, or a text.
func No(words string) Lie { return Say("{tag} NO " + words + " " + Words + "\r\n") }

// Bad calls the command wrong.
func Bad() Lie { return Say("{tag} BAD " + Words + "\r\n") }

// Edit carries the command out and changes the honest answer.
func Edit(change func(answer string) string) Lie {
	return func(x *Exchange) { x.c.send(change(x.Carry())) }
}

// Swap is Edit for the first place where old stands; the answer has to hold it.
func Swap(old, new string) Lie {
	return func(x *Exchange) {
		answer := x.Carry()
		if !strings.Contains(answer, old) {
			x.c.s.t.Errorf("nothing to swap: %q is not in %q", old, answer)
		}
		x.c.send(strings.Replace(answer, old, new, 1))
	}
}

// Before says something unasked before the honest answer.
func Before(text string) Lie { return Edit(func(answer string) string { return text + answer }) }

// Behind says something unasked behind it, in the same packet.
func Behind(text string) Lie { return Edit(func(answer string) string { return answer + text }) }

// CutAt carries the command out, sends the first n octets of the answer, and
// dies; below 0 counts from the end.
func CutAt(n int) Lie {
	return func(x *Exchange) {
		answer, end := x.Carry(), n
		if end < 0 {
			end = max(0, len(answer)+n)
		}
		x.c.send(answer[:min(end, len(answer))])
		x.Close()
	}
}

// Die ends the connection before the command takes effect.
func Die() Lie { return func(x *Exchange) { x.Close() } }

// Bye says why and ends the connection before the command takes effect.
func Bye() Lie {
	return func(x *Exchange) {
		x.Send("* BYE [UNAVAILABLE] " + Words + "\r\n")
		x.Close()
	}
}

// Stall answers with a text, then says nothing until the other side gives up.
func Stall(text string) Lie {
	return func(x *Exchange) {
		x.Send(text)
		_, _ = io.Copy(io.Discard, x.c.r)
		x.Close()
	}
}

// Drip gives the honest answer octet by octet.
func Drip() Lie {
	return func(x *Exchange) {
		for answer := x.Carry(); answer != ""; answer = answer[1:] {
			x.c.send(answer[:1])
		}
	}
}

// Flood repeats a text until the other side gives up.
func Flood(text string) Lie {
	many := strings.Repeat(text, 1+64<<10/len(text))
	return func(x *Exchange) {
		for !x.c.closed {
			x.Send(many)
		}
	}
}
