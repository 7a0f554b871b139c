package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// said is a connection to a server that has said what it will say, in pieces.
type said struct {
	net.Conn
	text  []byte
	piece int
}

func (s *said) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.text[:min(len(s.text), s.piece)])
	s.text = s.text[n:]
	return n, nil
}

func (*said) Write(p []byte) (int, error)      { return len(p), nil }
func (*said) SetReadDeadline(time.Time) error  { return nil }
func (*said) SetWriteDeadline(time.Time) error { return nil }

// FuzzReplies: whatever a server says, the client gets whole replies, one for each
// command, of lines that have one code each and end as they should; and what has ended a
// connection ends it for good.
func FuzzReplies(f *testing.F) {
	for _, seed := range []string{"250-a\r\n250 b\r\n354 go\r\n", "250\r\n250 2.0.0 x\n", "250-a\r\n550 b\r\n", "220 x", "999 y\r\n", "250 " + string(bytes.Repeat([]byte("x"), 5000)) + "\r\n", "\r\n", "25"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		w := &wire{Conn: &said{text: text, piece: 1 + max(piece, 0)%100}, patience: time.Hour}
		var ended error
		for range 10 {
			if _, err := w.Write([]byte("NOOP\r\n")); err != nil {
				if w.err == nil {
					t.Fatalf("%q: %v, and the connection goes on", text, err)
				}
				return
			}
			reply, buf := []byte(nil), make([]byte, 7)
			for {
				n, err := w.Read(buf)
				if reply = append(reply, buf[:n]...); err != nil {
					ended = err
				}
				if err != nil || len(w.reply) == 0 {
					break
				}
			}
			if ended != nil {
				if len(reply) > 0 || !errors.Is(w.err, ended) {
					t.Fatalf("%q: %q is handed over with %v", text, reply, ended)
				}
				return
			}
			code := reply[:3]
			lines := bytes.SplitAfter(reply, []byte("\r\n"))
			for i, line := range lines[:len(lines)-1] {
				last := i == len(lines)-2
				if !bytes.HasPrefix(line, code) || bytes.Count(line, []byte("\n")) != 1 || last == (line[3] == '-') {
					t.Fatalf("%q: the client gets %q", text, reply)
				}
			}
			if len(lines[len(lines)-1]) > 0 || code[0] < '1' || code[0] > '5' || w.due != 0 || len(reply) > maxReply+2*maxLines {
				t.Fatalf("%q: the client gets %q, %d are due", text, reply, w.due)
			}
			if e := w.enhanced(); e[0] > 999 || e[1] > 999 || e[2] > 999 || w.code() < 100 || w.code() > 599 {
				t.Fatalf("%q: the code is %d %v", text, w.code(), e)
			}
		}
	})
}
