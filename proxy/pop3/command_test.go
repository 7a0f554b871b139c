package pop3_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"popbridge/proxy/pop3"
)

func TestReadCommand(t *testing.T) {
	long := strings.Repeat("x", pop3.MaxCommand-5)
	token := strings.Repeat("A", pop3.MaxSASL-11)
	for _, test := range []struct {
		line       string
		verb, args string
		err        error
	}{
		{"NOOP\r\n", "NOOP", "", nil},
		{"retr 1\n", "RETR", "1", nil},
		{"Top 1  2 \r\n", "TOP", "1  2 ", nil},
		{"PASS  two  blanks \r\n", "PASS", " two  blanks ", nil},
		{"QUIT\t\r\n", "QUIT", "", nil},
		{" STAT\r\n", "", "STAT", nil},
		{"\r\n", "", "", nil},
		{"lıst\r\n", "LıST", "", nil},
		{"PASS a\x00b\r\n", "", "", pop3.ErrNUL},
		{"PASS a\rb\r\n", "", "", pop3.ErrCR},
		{"PASS a\r\r\n", "", "", pop3.ErrCR},
		{"PASS " + long + "\r\n", "PASS", long, nil},
		{"PASS " + long + "x\r\n", "", "", pop3.ErrLineTooLong},
		{"auth plain " + token + "\r\n", "AUTH", "plain " + token, nil},
		{"auth plain " + token + "A\r\n", "", "", pop3.ErrLineTooLong},
		{"\x16\x03\x01\x02\x00", "", "", pop3.ErrTLSHello},
	} {
		got, err := pop3.NewConn(said(test.line)).ReadCommand()
		if !errors.Is(err, test.err) || err == nil && got != (pop3.Command{Verb: test.verb, Args: test.args}) {
			t.Errorf("%.40q: %.40q, %v", test.line, got, err)
		}
	}
}

// A NUL or a CR spoils one command and not the connection.
func TestACommandBehindASpoiledOne(t *testing.T) {
	conn := pop3.NewConn(said("a\x00\r\nb\rc\r\nNOOP\r\n"))
	for range 2 {
		if _, err := conn.ReadCommand(); err == nil {
			t.Error("a control octet was taken")
		}
	}
	if cmd, err := conn.ReadCommand(); err != nil || cmd.Verb != "NOOP" {
		t.Errorf("%q: %v", cmd, err)
	}
}

func TestNumber(t *testing.T) {
	for field, want := range map[string]int{
		"1": 1, "007": 7, "0": 0, strconv.Itoa(math.MaxInt): math.MaxInt, "99999999999999999999": math.MaxInt, "9223372036854775806": math.MaxInt - 1,
		"": -1, "-1": -1, "+1": -1, "1a": -1, "1.0": -1, "٣": -1,
	} {
		n, ok := pop3.Number(field)
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: %d, %v", field, n, ok)
		}
	}
}

func TestFields(t *testing.T) {
	if got := (pop3.Command{Args: "  1 \t 2  "}).Fields(); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("%q", got)
	}
}

// Whatever comes: no panic, no line beyond the limit, nothing lost, no CR or NUL
// in a command.
func FuzzCommand(f *testing.F) {
	f.Add([]byte("USER alice\r\nPASS secret\r\nTOP 1 99999999999999999999\r\nQUIT\r\n"), uint8(3))
	f.Add([]byte("\x16\x03\x01"), uint8(1))
	f.Add([]byte("a\r\r\n\n\x00\nQUIT"), uint8(2))
	f.Fuzz(func(t *testing.T, input []byte, cut uint8) {
		var pieces []string
		for rest := string(input); rest != ""; {
			n := min(len(rest), int(cut)+1)
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		conn := pop3.NewConn(said(pieces...))
		for line := range strings.Lines(string(input)) {
			cmd, err := conn.ReadCommand()
			if strings.ContainsAny(cmd.Verb+cmd.Args, "\r\n\x00") || strings.Contains(cmd.Verb, " ") {
				t.Fatalf("%q", cmd)
			}
			if err == nil {
				text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
				verb, args, _ := strings.Cut(text, " ")
				if !strings.HasSuffix(line, "\n") || cmd.Args != args || !strings.EqualFold(cmd.Verb, strings.TrimRight(verb, "\t")) {
					t.Fatalf("%q was read as %q", line, cmd)
				}
				for _, field := range cmd.Fields() {
					if n, ok := pop3.Number(field); ok && n < 0 {
						t.Fatalf("%q is %d", field, n)
					}
				}
			} else if !errors.Is(err, pop3.ErrNUL) && !errors.Is(err, pop3.ErrCR) {
				return
			}
		}
	})
}

// TestField: one argument, with whatever blanks around it.
func TestField(t *testing.T) {
	for args, want := range map[string]string{"1": "1", " 1": "1", "1 ": "1", "\t12 \t": "12", "": "", " ": "", "1 2": "", "1\t2": "", " 1  2 ": ""} {
		field, ok := pop3.Command{Args: args}.Field()
		if ok != (want != "") || ok && field != want {
			t.Errorf("%q: %q, %v", args, field, ok)
		}
		if fields := (pop3.Command{Args: args}).Fields(); ok != (len(fields) == 1) {
			t.Errorf("%q: ok is %v, and there are %d fields", args, ok, len(fields))
		}
	}
}
