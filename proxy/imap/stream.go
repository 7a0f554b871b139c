package imap

import (
	"io"
	"sync"
)

const (
	streamBuffer = 64 << 10 // octets read and written in one go
	streamFill   = 16 << 10 // below this many, more is read before they are written
)

// streamBuffers spares a copying connection a buffer that it needs only for as long as it copies. It holds nothing between uses.
var streamBuffers = sync.Pool{New: func() any { return new([streamBuffer]byte) }}

// stream writes the open literal to w, and reads what follows it in its response.
func (c *Conn) stream(b *Body, w io.Writer) (int64, error) {
	c.unlimit()
	r := &c.r
	var written int64
	if int64(r.buffered()) < c.left {
		p := streamBuffers.Get().(*[streamBuffer]byte)
		defer streamBuffers.Put(p)
		for c.left > 0 {
			n := c.load(p[:])
			if r.err != nil {
				return written, c.fail(r.err)
			}
			if err := b.pour(w, p[:n], &written); err != nil {
				return written, err
			}
		}
	} else {
		data := r.buf[r.pos : r.pos+int(c.left)]
		r.pos += len(data)
		r.mark = r.pos
		c.left = 0
		if err := b.pour(w, data, &written); err != nil {
			return written, err
		}
	}
	b.state, c.open = bodyTaken, nil
	c.limit()
	c.fetchRest()
	if r.err != nil {
		return written, c.fail(r.err)
	}
	return written, nil
}

// load reads some of the open literal into p: all of it, or enough to make a write worth its while.
func (c *Conn) load(p []byte) int {
	if c.left < int64(len(p)) {
		p = p[:c.left]
	}
	n := 0
	for n < len(p) && n < streamFill && c.r.err == nil {
		n += c.r.octets(p[n:])
	}
	c.left -= int64(n)
	return n
}

// pour writes data to w. If w fails nobody wants the rest of the body.
func (b *Body) pour(w io.Writer, data []byte, written *int64) error {
	n, err := w.Write(data)
	*written += int64(n)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err != nil {
		b.dropped = true
		return &WriterError{err}
	}
	return nil
}
