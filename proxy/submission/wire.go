package submission

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"popbridge/proxy/door"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

const (
	// maxCommand bounds a command, in octets, and an answer within AUTH (RFC 4954 §4).
	maxCommand = 12 << 10
	readSize   = 4 << 10
	dataSize   = 32 << 10
)

// wire is the connection between the device and go-smtp's server: each line of the one
// is looked at before the other gets it, and each reply on its way back.
type wire struct {
	net.Conn // the device's; TLS, once that has begun
	raw      net.Conn
	session  *Session
	r        *bufio.Reader
	pending  []byte // for the server
	out      []byte // the beginning of a reply of the server

	data    bool // the device sends a message
	scan    translate.DataScanner
	asked   bool   // the device is to answer a challenge
	swallow int    // replies that are not for the device
	instead []byte // what it gets in place of the next one; nil: the reply as it is
	bareLF  bool   // the line that was read last ended so
	fresh   bool   // and nothing of it had come when the reply before it was sent
	last    bool   // nothing is said behind the reply that is due
	verb    string // that is being answered
	since   time.Time

	mu      sync.Mutex
	waiting bool // for a command
	hurried bool // the service ends
	once    sync.Once
	closed  chan struct{}
}

func newWire(s *Session, nc net.Conn) *wire {
	p := door.NewPatient(nc, func(begun, since time.Time) time.Time {
		return s.WriteBy(s.relay != nil, min(writeGrace, s.Config.Limits.IdleTimeout), begun, since)
	})
	return &wire{Conn: p, raw: nc, session: s, r: bufio.NewReaderSize(p, readSize), closed: make(chan struct{})}
}

// over goes on with TLS.
func (w *wire) over(tc *tls.Conn) { w.Conn, w.r = tc, bufio.NewReaderSize(tc, readSize) }

// certified are the names that the device's TLS certificate is good for.
func (w *wire) certified() []string {
	tc, ok := w.Conn.(*tls.Conn)
	if !ok {
		return nil
	}
	chains := tc.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return nil
	}
	return sasl.Names(chains[0][0])
}

// Close closes the connection.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.once.Do(func() { close(w.closed) })
	return err
}

// Deadlines are the session's own.
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// hurry ends the wait for a command: the service ends.
func (w *wire) hurry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hurried = true; w.waiting {
		_ = w.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// wait sets how long the device may be silent.
func (w *wire) wait(command bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.session
	by := time.Now().Add(s.Config.Limits.IdleTimeout)
	if s.relay == nil {
		by = s.LoginDeadline()
	}
	w.waiting = command && !s.begun
	if w.waiting && w.hurried {
		by = time.Unix(1, 0)
	}
	return w.Conn.SetReadDeadline(by)
}

// Read gives the server what the device says: commands one by one, as they were made
// readable, and messages.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.pending) == 0 {
		var err error
		if w.data {
			err = w.readData()
		} else {
			err = w.readCommand()
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// errLoneDot ends a message that is refused for its newlines, where its device seems to
// mean that it has ended: what follows would be read as commands.
var errLoneDot = errors.New("a dot alone between bare newlines")

func (w *wire) readData() error {
	if err := w.wait(false); err != nil {
		return err
	}
	if w.r.Buffered() == 0 {
		if _, err := w.r.Peek(1); err != nil {
			return w.failed(err)
		}
	}
	octets, _ := w.r.Peek(w.r.Buffered())
	var taken int
	w.pending, taken = w.scan.Take(w.pending[:0], octets)
	_, _ = w.r.Discard(taken)
	switch {
	case w.scan.Ended:
		w.data = false
		w.pending = append(w.pending, ".\r\n"...)
	case w.scan.LoneDot && w.session.refusesBare():
		w.last = true
		return errLoneDot
	}
	return nil
}

// readCommand reads lines until there is one that the server is to get.
func (w *wire) readCommand() error {
	if err := w.wait(true); err != nil {
		return err
	}
	line, err := w.readLine()
	if err != nil {
		return err
	}
	w.since = time.Now()
	w.pending = append(w.pending[:0], w.session.read(line)...)
	if w.last && len(w.pending) == 0 {
		return net.ErrClosed
	}
	return nil
}

func (w *wire) readLine() (string, error) {
	w.fresh = w.r.Buffered() == 0
	var line []byte
	for {
		piece, err := w.r.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > maxCommand:
			w.session.result = "line too long"
			w.last = true
			w.say("500 5.5.6 the line is too long")
			return "", net.ErrClosed
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return "", w.failed(err)
		}
		break
	}
	if len(line) > 2 && line[0] == 0x16 && line[1] == 3 {
		w.session.result = "TLS on a plain text port"
		w.session.Log.Warn(`the device speaks TLS on a plain text port; point it to a listener with tls = "implicit", or set it to STARTTLS`, "listener", w.session.Listener.Name)
		return "", net.ErrClosed
	}
	line = line[:len(line)-1]
	text, crlf := bytes.CutSuffix(line, []byte("\r"))
	w.bareLF = !crlf
	return string(text), nil
}

// failed notes why nothing more could be read.
func (w *wire) failed(err error) error {
	s := w.session
	w.mu.Lock()
	hurried := w.hurried
	w.mu.Unlock()
	switch {
	case s.result != "":
	case errors.Is(err, os.ErrDeadlineExceeded) && hurried:
		s.result = "closed by popbridge"
		w.instead = []byte("421 4.3.2 the service ends, try again later\r\n")
	case errors.Is(err, os.ErrDeadlineExceeded) && s.relay == nil:
		s.result = "login timeout"
		w.instead = []byte("421 4.4.2 the login took too long\r\n")
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.result = "idle timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.result = "no QUIT"
	case errors.Is(err, net.ErrClosed):
		s.result = "closed by popbridge"
	default:
		s.result = "connection lost"
	}
	return err
}
