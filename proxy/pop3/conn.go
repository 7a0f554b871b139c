package pop3

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"
)

const (
	readSize = 512       // a silent device costs no more than this to read
	drainMax = 512 << 10 // octets of an overlong line that are read and dropped
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

	// Moved is called, where not nil, whenever octets have reached the network.
	Moved func()
	// Trace is called, where not nil, with each line read or written; dir is
	// "C" for the device and "S" for us. Bodies are not traced.
	Trace func(dir string, line []byte)
}

// NewConn makes a Conn of a network connection.
func NewConn(nc net.Conn) *Conn { return &Conn{nc: nc} }

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

// fill reads more after what is unread, after sending what waits. An empty
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

// SetReadDeadline is net.Conn's.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.nc.SetReadDeadline(t) }

// StartTLS sends what waits, drops everything that the device sent after its
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

// Rest gives the read buffer back while nothing is to be expected; the next read takes
// another one.
func (c *Conn) Rest() {
	if !c.Buffered() {
		c.buf, c.r, c.w = nil, 0, 0
	}
}
