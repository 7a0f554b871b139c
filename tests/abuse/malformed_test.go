package abuse_test

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// input is something that no device should say.
type input struct {
	name  string
	begin string // a good beginning, which has as many replies as lines
	text  string
	// silent input gets no reply at all; other input gets -ERR, and nothing else.
	silent bool
}

// loggedIn is a beginning with a login.
const loggedIn = "USER alice+abuse%d@example.org\r\nPASS wonderland\r\n"

// TestMalformed sends each input, ends its own side, and looks at every octet
// that comes back. In the end the process is as it was.
func TestMalformed(t *testing.T) {
	s := newStage(t, "limits: {connections_per_ip: 1000}")
	s.healthy(t)
	before := s.Descriptors()
	inputs := allInputs()
	if len(inputs) < 500 {
		t.Errorf("there are %d inputs, the promise is 500", len(inputs))
	}
	for i, in := range inputs {
		begin := in.begin
		if strings.Contains(begin, "%d") {
			begin = fmt.Sprintf(begin, i) // a device of its own, so a lock of its own
		}
		in.try(t, s, begin)
		if i%100 == 0 {
			s.healthy(t)
		}
	}
	s.healthy(t)
	s.settled(t, before)
	for line := range strings.Lines(s.Output()) {
		if !logLine.MatchString(line) {
			t.Errorf("a device wrote a line of the log: %q", line)
		}
	}
}

// logLine is how each line of the log begins: nothing that a device says may
// begin one of its own.
var logLine = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.+Z-]+ \[(TRACE|DEBUG|INFO|WARN|ERROR)\] +popbridge`)

func (in *input) try(t *testing.T, s *stage, begin string) {
	t.Helper()
	nc := bridge.Connect(t, "", s.Address("pop3"))
	defer func() { _ = nc.Close() }()
	// The other side may have closed before all of it is written.
	_, _ = io.WriteString(nc, begin+in.text)
	_ = nc.CloseWrite()
	said := bridge.Everything(t, nc)
	lines := strings.SplitAfter(said, "\r\n")
	last := len(lines) - 1
	if lines[last] != "" {
		t.Errorf("%s: a line without its end: %q", in.name, lines[last])
	}
	lines = lines[:last]
	good := 1 + strings.Count(begin, "\n")
	if len(lines) < good {
		t.Errorf("%s: the beginning was answered with %q", in.name, said)
		return
	}
	for _, line := range lines[:good] {
		if !strings.HasPrefix(line, "+") {
			t.Errorf("%s: the beginning was answered with %q", in.name, said)
		}
	}
	lines = lines[good:]
	if in.silent != (len(lines) == 0) {
		t.Errorf("%s: replies %q, silence expected: %v", in.name, lines, in.silent)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "-ERR ") || len(line) > 512 || strings.ContainsAny(line[:len(line)-2], "\x00\r\n") {
			t.Errorf("%s: the reply is %.600q", in.name, line)
		}
	}
}

func allInputs() (all []input) {
	all = append(all, octetInputs()...)
	all = append(all, argumentInputs()...)
	all = append(all, stateInputs()...)
	all = append(all, saslInputs()...)
	all = append(all, longInputs()...)
	all = append(all, foreignInputs()...)
	return append(all, randomInputs()...)
}

// octetInputs are each octet as a command, and the two that no command may hold
// at each place of one.
func octetInputs() (list []input) {
	for b := range 256 {
		// A TLS handshake begins with 0x16.
		list = append(list, input{name: fmt.Sprintf("octet %#02x", b), text: string([]byte{byte(b)}) + "\r\n", silent: b == 0x16})
	}
	for _, command := range []string{"USER alice", "PASS wonderland", "AUTH PLAIN ="} {
		for at := range len(command) + 1 {
			for _, octet := range []string{"\x00", "\r"} {
				if octet == "\r" && at == len(command) {
					octet = "\r\r" // one goes with the line end
				}
				list = append(list, input{name: fmt.Sprintf("%q in %s at %d", octet, command, at), text: command[:at] + octet + command[at:] + "\r\n"})
			}
		}
	}
	for _, blank := range []string{"", " ", "  ", "\t", " \t "} {
		list = append(list, input{name: fmt.Sprintf("blank line %q", blank), text: blank + "\r\n"})
		list = append(list, input{name: fmt.Sprintf("blank line %q after login", blank), begin: loggedIn + "NOOP\r\n", text: blank + "\n"})
	}
	return list
}

// argumentInputs are arguments that are missing, too many, or no numbers.
func argumentInputs() (list []input) {
	wrong := []string{
		"0", "00", "-1", "-0", "+1", "4", "1x", "x1", "x", "0x1", "1.0", "1e0", "1,2", "1:2", "1:*", "*", "'1'", "\"1\"", "1 2 3", "1 x 3",
		"18446744073709551617", "9223372036854775808", "4294967297", strings.Repeat("9", 200), "\uff11", "\u0661", "1\x7f", "\x801", "%d", "%n", "../1", "1;2", "$(1)", "NIL", "1\x1b[2J",
	}
	for _, verb := range []string{"RETR", "DELE", "LIST", "UIDL"} {
		for _, arg := range wrong {
			list = append(list, input{name: verb + " " + arg, begin: loggedIn, text: verb + " " + arg + "\r\n"})
		}
	}
	for _, arg := range append(wrong, "1") {
		list = append(list, input{name: "TOP " + arg, begin: loggedIn, text: "TOP " + arg + "\r\n"})
		if arg != "1" {
			list = append(list, input{name: "TOP " + arg + " 0", begin: loggedIn, text: "TOP " + arg + " 0\r\n"})
		}
	}
	for _, lines := range []string{"-1", "x", "1.5", "+1", "0x0", "1 1", "\x7f"} {
		list = append(list, input{name: "TOP 1 " + lines, begin: loggedIn, text: "TOP 1 " + lines + "\r\n"})
	}
	for _, command := range []string{"RETR", "DELE", "TOP", "RETR 1 1", "DELE 1 1", "LIST 1 1", "UIDL 1 1"} {
		list = append(list, input{name: command, begin: loggedIn, text: command + "\r\n"})
	}
	for _, command := range []string{"USER", "USER ", "USER \t ", "AUTH PLAIN a b", "AUTH NTLM", "AUTH GSSAPI", "AUTH PLAIN\x7f", "AUTH -", "UTF8 x", "LANG xx", "LANG en de", "LANG \x80", "APOP alice c4c9334bac560ecc979e58001b3e22fb", "LAST", "XTND XLST", "STARTTLS", "LOGIN alice wonderland", "PASSwonderland", "QUITE", "QUIT\x7f"} {
		list = append(list, input{name: command, text: command + "\r\n"})
	}
	return list
}

// stateInputs are good commands in the wrong state.
func stateInputs() (list []input) {
	for _, command := range []string{"STAT", "LIST", "LIST 1", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL", "UIDL 1", "LAST", "STLS", "PASS x", "PASS"} {
		list = append(list, input{name: command + " before login", text: command + "\r\n"})
	}
	for _, command := range []string{"USER bob", "PASS wonderland", "AUTH", "AUTH PLAIN", "AUTH PLAIN " + b64("\x00alice\x00x"), "STLS", "UTF8", "APOP a b"} {
		list = append(list, input{name: command + " after login", begin: loggedIn, text: command + "\r\n"})
	}
	list = append(list,
		input{name: "PASS twice", begin: "USER alice@example.org\r\n", text: "PASS wrong\r\nPASS wonderland\r\n"},
		input{name: "USER, AUTH, PASS", begin: "USER alice@example.org\r\n", text: "AUTH PLAIN !\r\nPASS wonderland\r\n"},
		input{name: "PASS with a blank too many", begin: "USER alice@example.org\r\n", text: "PASS  wonderland\r\n"},
		input{name: "PASS with a blank behind", begin: "USER alice@example.org\r\n", text: "PASS wonderland \r\n"},
		input{name: "an empty password", begin: "USER alice@example.org\r\n", text: "PASS \r\n"},
		input{name: "QUIT without its line end", begin: loggedIn + "DELE 1\r\n", text: "QUIT", silent: true},
		input{name: "QUIT with CR alone", begin: loggedIn + "DELE 1\r\n", text: "QUIT\r", silent: true},
		input{name: "half a command", text: "USER al", silent: true},
		input{name: "nothing", silent: true},
	)
	for _, name := range []string{"@", "@example.org", "alice\x7f@example.org", "alice\x01@example.org", "\x1b]0;x\x07", strings.Repeat("a", 1025), "+x@example.org"} {
		list = append(list, input{name: fmt.Sprintf("USER %.20q", name), begin: "USER " + name + "\r\n", text: "PASS wonderland\r\n"})
	}
	return list
}
