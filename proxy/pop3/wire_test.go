package pop3_test

import (
	"bytes"
	"io"
	"net"
	"time"

	"popbridge/proxy/pop3"
)

// wire is a connection whose device has said all it will say. Each element of
// input is what one read gives.
type wire struct {
	input  [][]byte
	output bytes.Buffer
	writes int
	reads  int
	room   int // for how many octets the last read asked
	closed bool
	fail   error // of every write
}

func said(pieces ...string) *wire {
	w := &wire{}
	for _, p := range pieces {
		w.input = append(w.input, []byte(p))
	}
	return w
}

func (w *wire) Read(p []byte) (int, error) {
	w.reads++
	w.room = len(p)
	if len(w.input) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.input[0])
	if w.input[0] = w.input[0][n:]; len(w.input[0]) == 0 {
		w.input = w.input[1:]
	}
	return n, nil
}

func (w *wire) Write(p []byte) (int, error) {
	if w.fail != nil {
		return 0, w.fail
	}
	w.writes++
	return w.output.Write(p)
}

func (w *wire) Close() error                     { w.closed = true; return nil }
func (w *wire) LocalAddr() net.Addr              { return nil }
func (w *wire) RemoteAddr() net.Addr             { return nil }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// send sends a message in pieces and gives all that went over the wire, and how
// many octets the device will count.
func send(pieces ...[]byte) (sent string, octets int64, err error) {
	w := said()
	conn := pop3.NewConn(w)
	b := conn.Body("")
	for _, p := range pieces {
		if _, err := b.Write(p); err != nil {
			return "", 0, err
		}
	}
	if err := b.Commit(); err != nil {
		return "", 0, err
	}
	err = conn.Flush()
	return w.output.String(), b.Octets(), err
}
