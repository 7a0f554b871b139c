package pop3_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"popbridge/proxy/pop3"
)

// canonical is a message as a device has to get it, said as simply as it can be:
// every line ends with CRLF.
func canonical(message []byte) string {
	var out []byte
	for i, c := range message {
		if c == '\n' && (i == 0 || message[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	switch {
	case len(out) == 0 || bytes.HasSuffix(out, []byte("\r\n")):
	case out[len(out)-1] == '\r':
		out = append(out, '\n')
	default:
		out = append(out, "\r\n"...)
	}
	return string(out)
}

func stuffed(message string) string {
	if strings.HasPrefix(message, ".") {
		message = "." + message
	}
	return strings.ReplaceAll(message, "\r\n.", "\r\n..")
}

// checkBody compares what is sent with the reference and lets two other readers
// find its end: one strict, one that takes every LF for a line end.
func checkBody(t interface{ Fatalf(string, ...any) }, message []byte, pieces ...[]byte) {
	sent, octets, err := send(pieces...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	sent, ok := strings.CutPrefix(sent, "+OK\r\n")
	want := canonical(message)
	if !ok || sent != stuffed(want)+".\r\n" {
		t.Fatalf("%q was sent as %q", message, sent)
	}
	if octets != int64(len(want)) {
		t.Fatalf("%q: %d octets are counted, a device counts %d", message, octets, len(want))
	}
	if strings.Count(sent, "\n") != strings.Count(sent, "\r\n") {
		t.Fatalf("a bare LF is in %q", sent)
	}
	// Exactly one terminator, for a reader that takes CRLF or LF as a line end.
	for i, line := range strings.SplitAfter(sent, "\n") {
		if strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") == "." && i != strings.Count(sent, "\n")-1 {
			t.Fatalf("a reader sees the end at line %d of %q", i, sent)
		}
	}
	read, err := io.ReadAll(textproto.NewReader(bufio.NewReader(strings.NewReader(sent + "+OK\r\n"))).DotReader())
	if witness := strings.ReplaceAll(want, "\r\n", "\n"); err != nil || string(read) != witness {
		t.Fatalf("another reader takes %q for %q: %v", sent, read, err)
	}
}

func TestBody(t *testing.T) {
	for _, message := range []string{
		"", ".", "..", ".\r\n", "\r\n", "\n", "\r", "a", "a\r", "a\n", "a\r\n", "\n.\n", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "\r.\r", "a\r.\r\n",
		"x\r\r\n.\r\n", "Subject: x\r\n\r\n.dot\r\nno dot\r\n..two\r\n", "bare\nLF\n.\nQUIT\n", "nul\x00\xff\r\n", strings.Repeat("long", 20000) + "\r\n.\r\n",
	} {
		checkBody(t, []byte(message), []byte(message))
		var octets [][]byte
		for i := range min(len(message), 100) {
			octets = append(octets, []byte(message[i:i+1]))
		}
		checkBody(t, []byte(message), append(octets, []byte(message[len(octets):]))...)
	}
}

func TestBodyWhereverTheMessageIsCut(t *testing.T) {
	piece := rapid.SliceOfN(rapid.SampledFrom([]byte("\r\n\r\n..ab\x00")), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces")
		checkBody(t, bytes.Join(pieces, nil), pieces...)
	})
}

func FuzzBody(f *testing.F) {
	f.Add([]byte("Subject: x\r\n\r\n.\r\nbare\n.\n"), uint16(3), uint16(14))
	f.Add([]byte("a\r\r\n.\r"), uint16(2), uint16(3))
	f.Fuzz(func(t *testing.T, message []byte, first, second uint16) {
		a := min(int(first), len(message))
		b := max(a, min(int(second), len(message)))
		checkBody(t, message, message[:a], message[a:b], message[b:])
	})
}

// Until something is written an error can still become -ERR; after that a body
// that is not committed has no terminator.
func TestABodyThatIsNotCommitted(t *testing.T) {
	w := said()
	conn := pop3.NewConn(w)
	b := conn.Body("3 octets")
	if b.Begun() {
		t.Error("a body without a Write has begun")
	}
	if _, err := b.Write([]byte("cut\r\n")); err != nil || b.Begun() || conn.Flush() != nil || !b.Begun() {
		t.Errorf("begun: %v, %v", b.Begun(), err)
	}
	if b.TakeBack() {
		t.Error("what has left was taken back")
	}
	if got := w.output.String(); got != "+OK 3 octets\r\ncut\r\n" {
		t.Errorf("%q", got)
	}
}

func TestABodyReportsAConnectionThatIsLost(t *testing.T) {
	w := said()
	w.fail = errors.New("the device is gone")
	b := pop3.NewConn(w).Body("")
	_, err := b.Write(make([]byte, 64<<10))
	if !errors.Is(err, w.fail) || !errors.Is(b.Commit(), w.fail) {
		t.Errorf("Write: %v, Commit: %v", err, b.Commit())
	}
}

// TestTakeBack: what waits in our own buffer has not left, and can be undone without
// a trace, the replies before it apart.
func TestTakeBack(t *testing.T) {
	w := said()
	conn := pop3.NewConn(w)
	conn.OK("earlier")
	for _, written := range []int{0, 1, 9000} {
		b := conn.Body("a body")
		if _, err := b.Write(bytes.Repeat([]byte("."), written)); err != nil || !b.TakeBack() || b.Octets() != 0 {
			t.Errorf("%d octets cannot be taken back (%v), %d are left", written, err, b.Octets())
		}
	}
	conn.Err("", "no")
	b := conn.Body("whole")
	_, _ = b.Write([]byte("cut"))
	b.TakeBack()
	_, _ = b.Write([]byte(".x"))
	if err := b.Commit(); err != nil || conn.Flush() != nil || w.output.String() != "+OK earlier\r\n-ERR no\r\n+OK whole\r\n..x\r\n.\r\n" {
		t.Errorf("the device hears %q (%v)", w.output.String(), err)
	}
	b = conn.Body("long")
	_, _ = b.Write(bytes.Repeat([]byte("x"), 20<<10))
	if b.TakeBack() || !b.Begun() {
		t.Error("a part of a long body has left, and was taken back")
	}
}

// TestABodyGoesOutInFewPieces: what has come at once, and needs no change, goes out at
// once, wherever in a line it ends.
func TestABodyGoesOutInFewPieces(t *testing.T) {
	nc := &counted{}
	c := pop3.NewConn(nc)
	b := c.Body("here")
	const pieces = 10
	for i := range pieces {
		piece := []byte(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 2000))
		if _, err := b.Write(piece[7*i : len(piece)-30*i]); err != nil {
			t.Fatal(err)
		}
	}
	// With +OK the first one begins in the buffer.
	if nc.writes > pieces+1 {
		t.Errorf("%d writes for %d pieces", nc.writes, pieces)
	}
}

// counted counts what is written to it.
type counted struct {
	net.Conn
	writes int
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes++
	return len(p), nil
}
