package pop3

import (
	"crypto/tls"
	"fmt"
	"sync"
)

const (
	writeSize = 16 << 10 // one write to the network
	lineMax   = 512      // first line of a reply with CRLF (RFC 1939 §3)
)

// outPool holds the write buffers, which a silent connection gives back.
var outPool = sync.Pool{New: func() any { b := make([]byte, 0, writeSize); return &b }}

// linePool holds what lines of replies are made in.
var linePool = sync.Pool{New: func() any { b := make([]byte, 0, lineMax); return &b }}

// OK writes a positive reply; an empty text is allowed.
func (c *Conn) OK(format string, args ...any) {
	made := linePool.Get().(*[]byte)
	defer linePool.Put(made)
	line := append((*made)[:0], "+OK "...)
	if line = fmt.Appendf(line, format, args...); len(line) == len("+OK ") {
		line = line[:len("+OK")]
	}
	c.line(line[:min(len(line), lineMax-len(crlf))])
}

// positive writes a positive reply with a text that needs no formatting.
func (c *Conn) positive(text string) {
	made := linePool.Get().(*[]byte)
	defer linePool.Put(made)
	line := append(append((*made)[:0], "+OK "...), text...)
	if text == "" {
		line = line[:len("+OK")]
	}
	c.line(line[:min(len(line), lineMax-len(crlf))])
}

// Err writes a negative reply with a response code (RFC 2449 §8), empty for none.
func (c *Conn) Err(code, text string) {
	if code != "" {
		text = "[" + code + "] " + text
	}
	line := append([]byte("-ERR "), text...)
	if text == "" {
		line = line[:len("-ERR")]
	}
	c.line(line[:min(len(line), lineMax-len(crlf))])
}

// Challenge writes a continuation of a SASL dialogue (RFC 5034 §4); encoded is
// base64 and may be empty.
func (c *Conn) Challenge(encoded string) { c.line([]byte("+ " + encoded)) }

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

// spare gives an empty slice of the buffer that waits to be sent, with room for a usual
// line of a list: what is appended to it is sent once taken has it, and copied only
// where it was more than there was room for.
func (c *Conn) spare() []byte {
	if c.out == nil {
		c.out = outPool.Get().(*[]byte)
	}
	if cap(*c.out)-len(*c.out) < lineMax {
		c.sendWaiting()
	}
	return (*c.out)[len(*c.out):]
}

// taken adds to what waits to be sent what was appended to spare.
func (c *Conn) taken(p []byte) {
	if n := len(*c.out); len(p) <= cap(*c.out)-n {
		*c.out = (*c.out)[:n+len(p)]
		return
	}
	c.write(p) // append has moved it elsewhere
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
	_, c.werr = c.nc.Write(p)
	if tc, ok := c.nc.(*tls.Conn); ok && c.werr != nil {
		_ = tc.NetConn().Close() // or TLS waits again at Close, to say goodbye to a device that does not read
	}
	if c.Moved != nil && c.werr == nil {
		c.Moved()
	}
}

// Broken is the error of the write that has failed, nil for none: what the device is
// told from then on does not reach it.
func (c *Conn) Broken() error { return c.werr }

// Flush sends what waits, and gives the write buffer back.
func (c *Conn) Flush() error {
	if c.out != nil {
		c.sendWaiting()
		outPool.Put(c.out)
		c.out = nil
	}
	return c.werr
}
