// Package pop3 is the wire of POP3, both sides: Conn for devices, lines in, replies
// and multi-line bodies out; Client for old servers.
//
// Conn knows no command and no mailbox. Invariants:
//
//   - A line ends with LF; a CR before it goes with it (old devices send bare
//     LF). What is longer than the limit is an error, and is never held in
//     memory beyond it.
//   - A reply is one write to the buffer; the buffer goes out before the
//     connection waits for the device, so pipelined commands share packets
//     (RFC 2449 §6.6).
//   - Only Body.Commit writes a terminator.
//   - Text handed to OK and Err is ours; octets below 0x20 in it become blanks,
//     so that no reply can hold a second line.
//   - A Client takes nothing for a message's end but a dot between two CRLFs, and
//     no octet that came unasked for an answer.
package pop3

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	readSize  = 512       // a silent device costs no more than this to read
	writeSize = 16 << 10  // one write to the network
	lineMax   = 512       // first line of a reply with CRLF (RFC 1939 §3)
	drainMax  = 512 << 10 // octets of an overlong line that are read and dropped

	writeGrace = time.Second // for a last word after WriteBy, which a device that reads has long read
)

// ErrLineTooLong says that a line was longer than the limit. The rest of it is
// still unread: the connection should be told and closed.
var ErrLineTooLong = errors.New("line is too long")

// Conn is one POP3 connection. It is used by one goroutine at a time; Close may
// be called by any.
type Conn struct {
	nc   net.Conn
	buf  []byte
	r, w int // buf[r:w] is read and not yet taken
	out  *[]byte
	werr error
	sent int // writes to the network so far

	// WriteTimeout is how long the device may take without reading an octet;
	// 0 is for ever.
	WriteTimeout time.Duration
	// WriteBy is when a device has to have read all that is sent to it, however
	// WriteTimeout reads; what is sent later has writeGrace. Zero is no such time.
	WriteBy time.Time
	// Moved is called, where not nil, whenever octets have reached the network.
	Moved func()
	// Trace is called, where not nil, with each line read or written; dir is
	// "C" for the device and "S" for us. Bodies are not traced.
	Trace func(dir string, line []byte)
}

// NewConn makes a Conn of a network connection.
func NewConn(nc net.Conn) *Conn { return &Conn{nc: nc} }

// outPool holds the write buffers, which a silent connection gives back.
var outPool = sync.Pool{New: func() any { b := make([]byte, 0, writeSize); return &b }}

// ReadLine gives the next line without its line end, at most limit octets of
// it. It writes out first what is waiting to be sent, unless the device has
// already sent the next line. The slice is valid until the next call. An end of
// input in the middle of a line is io.ErrUnexpectedEOF: "QUIT" without a line
// end is not a QUIT.
func (c *Conn) ReadLine(limit int) ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(c.buf[c.r+searched:c.w], '\n'); i >= 0 {
			line := bytes.TrimSuffix(c.buf[c.r:c.r+searched+i], cr)
			if len(line) > limit {
				return nil, ErrLineTooLong
			}
			c.r += searched + i + 1
			if c.Trace != nil {
				c.Trace("C", line)
			}
			return line, nil
		}
		searched = c.w - c.r
		if searched > limit+len(cr) {
			return nil, ErrLineTooLong
		}
		if err := c.fill(); err != nil {
			if err == io.EOF && searched > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// fill reads more behind what is unread, after sending what waits. An empty
// buffer shrinks again; a full one grows.
func (c *Conn) fill() error {
	if err := c.Flush(); err != nil {
		return err
	}
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
		if len(c.buf) != readSize {
			c.buf = make([]byte, readSize)
		}
	case c.w == len(c.buf) && c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	case c.w == len(c.buf):
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if n == 0 {
		return err
	}
	if c.Moved != nil {
		c.Moved()
	}
	return nil
}

// Buffered reports whether the device has sent more than has been taken.
func (c *Conn) Buffered() bool { return c.r < c.w }

// DrainLine reads and drops the rest of an overlong line, up to a bound, so
// that the refusal reaches a device that is still sending.
func (c *Conn) DrainLine() {
	for dropped := 0; dropped < drainMax; {
		if i := bytes.IndexByte(c.buf[c.r:c.w], '\n'); i >= 0 {
			c.r += i + 1
			return
		}
		dropped += c.w - c.r
		c.r = c.w
		if c.fill() != nil {
			return
		}
	}
}

// OK writes a positive reply; an empty text is allowed.
func (c *Conn) OK(format string, args ...any) { c.reply("+OK", fmt.Sprintf(format, args...)) }

// Err writes a negative reply with a response code (RFC 2449 §8), empty for none.
func (c *Conn) Err(code, text string) {
	if code != "" {
		text = "[" + code + "] " + text
	}
	c.reply("-ERR", text)
}

// Challenge writes a continuation of a SASL dialogue (RFC 5034 §4); encoded is
// base64 and may be empty.
func (c *Conn) Challenge(encoded string) { c.line([]byte("+ " + encoded)) }

func (c *Conn) reply(status, text string) {
	line := []byte(status)
	if text != "" {
		line = append(append(line, ' '), text...)
	}
	if len(line) > lineMax-2 {
		line = line[:lineMax-2]
	}
	c.line(line)
}

func (c *Conn) line(line []byte) {
	for i, b := range line {
		if b < 0x20 {
			line[i] = ' '
		}
	}
	if c.Trace != nil {
		c.Trace("S", line)
	}
	c.write(line)
	c.write(crlf)
}

var (
	crlf = []byte("\r\n")
	cr   = crlf[:1]
)

// write adds to what waits to be sent; a large piece goes out as it is. An
// error stays: every later write and the next Flush fail with it.
func (c *Conn) write(p []byte) {
	for len(p) > 0 && c.werr == nil {
		if c.out == nil {
			c.out = outPool.Get().(*[]byte)
		}
		if len(*c.out) == 0 && len(p) >= writeSize {
			c.send(p)
			return
		}
		n := copy((*c.out)[len(*c.out):cap(*c.out)], p)
		*c.out = (*c.out)[:len(*c.out)+n]
		p = p[n:]
		if len(p) > 0 {
			c.sendWaiting()
		}
	}
}

// waiting is how many octets wait to be sent.
func (c *Conn) waiting() int {
	if c.out == nil {
		return 0
	}
	return len(*c.out)
}

func (c *Conn) sendWaiting() {
	if len(*c.out) > 0 && c.werr == nil {
		c.send(*c.out)
	}
	*c.out = (*c.out)[:0]
}

func (c *Conn) send(p []byte) {
	c.sent++
	if c.WriteTimeout > 0 || !c.WriteBy.IsZero() {
		c.werr = c.nc.SetWriteDeadline(c.writeDeadline(time.Now()))
	}
	if c.werr == nil {
		_, c.werr = c.nc.Write(p)
	}
	if tc, ok := c.nc.(*tls.Conn); ok && c.werr != nil {
		_ = tc.NetConn().Close() // or TLS waits again at Close, to say farewell to a device that does not read
	}
	if c.Moved != nil && c.werr == nil {
		c.Moved()
	}
}

func (c *Conn) writeDeadline(now time.Time) time.Time {
	by := c.WriteBy
	if !by.IsZero() && by.Before(now.Add(writeGrace)) {
		by = now.Add(writeGrace)
	}
	if c.WriteTimeout > 0 && (by.IsZero() || now.Add(c.WriteTimeout).Before(by)) {
		by = now.Add(c.WriteTimeout)
	}
	return by
}

// Flush sends what waits, and gives the write buffer back.
func (c *Conn) Flush() error {
	if c.out != nil {
		c.sendWaiting()
		outPool.Put(c.out)
		c.out = nil
	}
	return c.werr
}

// SetReadDeadline is net.Conn's.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.nc.SetReadDeadline(t) }

// StartTLS sends what waits, drops everything that the device sent behind its
// STLS (CVE-2011-0411), and shakes hands as the server.
func (c *Conn) StartTLS(ctx context.Context, config *tls.Config) error {
	if err := c.Flush(); err != nil {
		return err
	}
	c.r, c.w = 0, 0
	tc := tls.Server(c.nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		return err
	}
	c.nc = tc
	return nil
}

// Certificate is the device's own, where it has shown one in TLS that the server's
// ClientCAs vouch for; nil otherwise.
func (c *Conn) Certificate() *x509.Certificate {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	chains := tc.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return nil
	}
	return chains[0][0]
}

// Close closes the connection without sending what waits.
func (c *Conn) Close() error { return c.nc.Close() }
