package pop3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"popbridge/proxy/pop3"
)

func TestReadLine(t *testing.T) {
	for _, test := range []struct {
		name   string
		pieces []string
		want   []string
		err    error
	}{
		{"CRLF", []string{"NOOP\r\n"}, []string{"NOOP"}, io.EOF},
		{"bare LF", []string{"NOOP\nQUIT\n"}, []string{"NOOP", "QUIT"}, io.EOF},
		{"octet by octet", strings.Split("STAT\r\nQUIT\r\n", ""), []string{"STAT", "QUIT"}, io.EOF},
		{"cut inside CRLF", []string{"STAT\r", "\nQUIT\r\n"}, []string{"STAT", "QUIT"}, io.EOF},
		{"CR inside", []string{"a\rb\r\r\n"}, []string{"a\rb\r"}, io.EOF},
		{"blank lines", []string{"\r\n\n"}, []string{"", ""}, io.EOF},
		{"no line end", []string{"STAT\r\nQUIT"}, []string{"STAT"}, io.ErrUnexpectedEOF},
		{"the limit", []string{strings.Repeat("x", 1000) + "\r\n"}, []string{strings.Repeat("x", 1000)}, io.EOF},
		{"above the limit", []string{strings.Repeat("x", 1001) + "\r\n"}, nil, pop3.ErrLineTooLong},
		{"far above it", []string{strings.Repeat("x", 400), strings.Repeat("x", 4000)}, nil, pop3.ErrLineTooLong},
	} {
		conn := pop3.NewConn(said(test.pieces...))
		var got []string
		for {
			line, err := conn.ReadLine(1000)
			if err != nil {
				if !errors.Is(err, test.err) {
					t.Errorf("%s: %v, want %v", test.name, err, test.err)
				}
				break
			}
			got = append(got, string(line))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A line without end is refused when it is too long, not when it is over.
func TestAnEndlessLineIsNotRead(t *testing.T) {
	w := said(strings.Repeat("x", 10<<20))
	if _, err := pop3.NewConn(w).ReadLine(8000); !errors.Is(err, pop3.ErrLineTooLong) || w.reads > 20 {
		t.Errorf("%v after %d reads", err, w.reads)
	}
}

// The rest of an overlong line is dropped, however much of it has come, and what
// follows it is not waited for.
func TestDrainLine(t *testing.T) {
	const limit = 1000
	for _, pieces := range [][]string{
		{strings.Repeat("x", limit+1) + "\r\n", "NOOP\r\n"},
		{strings.Repeat("x", limit+1), strings.Repeat("x", 9*limit), "\n", "NOOP\r\n"},
		{strings.Repeat("x", 300), strings.Repeat("x", 3*limit) + "\r\nNOOP\r\n"},
	} {
		conn := pop3.NewConn(said(pieces...))
		if _, err := conn.ReadLine(limit); !errors.Is(err, pop3.ErrLineTooLong) {
			t.Errorf("%v", err)
		}
		conn.DrainLine()
		if line, err := conn.ReadLine(limit); err != nil || string(line) != "NOOP" {
			t.Errorf("behind it: %.20q, %v", line, err)
		}
	}
	conn := pop3.NewConn(said(strings.Repeat("x", pop3.MaxCommand+1)+"\r\n", "NOOP\r\n"))
	if _, err := conn.ReadCommand(); !errors.Is(err, pop3.ErrLineTooLong) {
		t.Errorf("%v", err)
	}
	conn.DrainLine()
	if cmd, err := conn.ReadCommand(); err != nil || cmd.Verb != "NOOP" {
		t.Errorf("behind an overlong command: %.20q, %v", cmd.Verb, err)
	}
	w := said(strings.Repeat("x", 4<<20))
	conn = pop3.NewConn(w)
	conn.DrainLine()
	if left := len(w.input[0]); left < 3<<20 {
		t.Errorf("of 4 MB without a line end only %d octets were left unread", left)
	}
}

// Replies to commands that came together go out together (RFC 2449 §6.6).
func TestPipelinedRepliesShareAWrite(t *testing.T) {
	w := said("NOOP\r\nNOOP\r\nNOOP\r\n", "QUIT\r\n")
	conn := pop3.NewConn(w)
	for range 4 {
		if _, err := conn.ReadCommand(); err != nil {
			t.Fatal(err)
		}
		conn.OK("")
	}
	if w.writes != 1 || w.output.String() != "+OK\r\n+OK\r\n+OK\r\n" {
		t.Errorf("%d writes before the last command: %q", w.writes, w.output.String())
	}
	if err := conn.Flush(); err != nil || w.writes != 2 {
		t.Errorf("%d writes: %v", w.writes, err)
	}
}

func TestReplies(t *testing.T) {
	for want, write := range map[string]func(*pop3.Conn){
		"+OK\r\n":               func(c *pop3.Conn) { c.OK("") },
		"+OK 2 messages\r\n":    func(c *pop3.Conn) { c.OK("%d messages", 2) },
		"+OK a  +OK b\r\n":      func(c *pop3.Conn) { c.OK("a\r\n+OK b") },
		"-ERR no\r\n":           func(c *pop3.Conn) { c.Err("", "no") },
		"-ERR [AUTH] no  .\r\n": func(c *pop3.Conn) { c.Err("AUTH", "no\r\n.") },
		"+ \r\n":                func(c *pop3.Conn) { c.Challenge("") },
		"+ VXNlcm5hbWU6\r\n":    func(c *pop3.Conn) { c.Challenge("VXNlcm5hbWU6") },
		"-ERR " + strings.Repeat("x", 505) + "\r\n": func(c *pop3.Conn) { c.Err("", strings.Repeat("x", 2000)) },
	} {
		w := said()
		conn := pop3.NewConn(w)
		write(conn)
		if err := conn.Flush(); err != nil || w.output.String() != want {
			t.Errorf("%q, want %q: %v", w.output.String(), want, err)
		}
	}
}

func TestLines(t *testing.T) {
	w := said()
	conn := pop3.NewConn(w)
	lines := conn.Lines("%d messages", 2)
	lines.Number(1, 1<<40)
	lines.Append(2, func(dst []byte) []byte { return append(dst, "unique"...) })
	lines.Line("TOP")
	if err := lines.Commit(); err != nil || conn.Flush() != nil {
		t.Error(err)
	}
	if got := w.output.String(); got != "+OK 2 messages\r\n1 1099511627776\r\n2 unique\r\nTOP\r\n.\r\n" {
		t.Errorf("%q", got)
	}
}

// Lines are written where they wait to be sent: whatever their length, and wherever the
// end of that room comes, each goes out whole, once, and in its turn. An old server's
// unique-ids may have thousands of octets.
func TestLinesOfAnyLength(t *testing.T) {
	for _, length := range []int{1, 17, 70, 505, 506, 507, 508, 509, 510, 511, 512, 513, 5000, 16<<10 - 5, 16<<10 - 4, 16 << 10, 40000} {
		w := said()
		conn := pop3.NewConn(w)
		lines := conn.Lines("listed")
		var want strings.Builder
		want.WriteString("+OK listed\r\n")
		for n := range min(40000/length+3, 4000) {
			id := strings.Repeat(string(rune('a'+n%26)), length)
			lines.Append(n, func(dst []byte) []byte { return append(dst, id...) })
			lines.Line("between")
			want.WriteString(strconv.Itoa(n) + " " + id + "\r\nbetween\r\n")
		}
		if err := lines.Commit(); err != nil || conn.Flush() != nil {
			t.Error(err)
		}
		if got := w.output.String(); got != want.String()+".\r\n" {
			t.Errorf("%d octets a line: %d octets went out, want %d, or others", length, len(got), want.Len()+3)
		}
	}
}

// A list to a device that has gone says so at its end, and sends nothing more.
func TestLinesToNobody(t *testing.T) {
	w := said()
	w.fail = io.ErrClosedPipe
	conn := pop3.NewConn(w)
	lines := conn.Lines("listed")
	for n := range 10000 {
		lines.Number(n, 1000)
	}
	if err := lines.Commit(); !errors.Is(err, io.ErrClosedPipe) || !errors.Is(conn.Flush(), io.ErrClosedPipe) || w.output.Len() > 0 {
		t.Errorf("%v, and %d octets went out", err, w.output.Len())
	}
}

// What a device sent in plain text after STLS is never taken for something that
// it said under TLS (CVE-2011-0411).
func TestStartTLSDropsWhatIsBuffered(t *testing.T) {
	w := said("STLS\r\nUSER mallory\r\n")
	conn := pop3.NewConn(w)
	if _, err := conn.ReadCommand(); err != nil || !conn.Buffered() {
		t.Fatalf("buffered: %v, %v", conn.Buffered(), err)
	}
	conn.OK("begin TLS")
	if err := conn.StartTLS(context.Background(), &tls.Config{}); err == nil || conn.Buffered() {
		t.Errorf("buffered: %v, %v", conn.Buffered(), err)
	}
	if got := w.output.String(); !strings.HasPrefix(got, "+OK begin TLS\r\n") {
		t.Errorf("%q", got)
	}
}

// What a long line needed is given back before the connection waits again.
func TestBuffersShrink(t *testing.T) {
	w := said(strings.Repeat("x", 4000)+"\r\n", "NOOP\r\n")
	conn := pop3.NewConn(w)
	if _, err := conn.ReadLine(8000); err != nil || w.room < 1000 {
		t.Errorf("%d octets were read at a time: %v", w.room, err)
	}
	if _, err := conn.ReadLine(8000); err != nil || w.room != 512 {
		t.Errorf("the device is silent, and %d octets wait for it: %v", w.room, err)
	}
}

// pieces is a connection that gives one piece with each read, and times out where there is an
// empty one.
type pieces struct {
	net.Conn
	left []string
}

func (p *pieces) Read(b []byte) (int, error) {
	next := p.left[0]
	if p.left = p.left[1:]; next == "" {
		return 0, os.ErrDeadlineExceeded
	}
	return copy(b, next), nil
}

// What was read of a command is not lost where the connection rests before the rest of it
// comes.
func TestRestKeepsWhatWasRead(t *testing.T) {
	c := pop3.NewConn(&pieces{left: []string{"NO", "", "OP\r\n", "", "QUIT\r\n"}})
	for _, verb := range []string{"NOOP", "QUIT"} {
		if _, err := c.ReadCommand(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		c.Rest()
		if cmd, err := c.ReadCommand(); cmd.Verb != verb {
			t.Errorf("%q, %v; want %s", cmd.Verb, err, verb)
		}
	}
}
