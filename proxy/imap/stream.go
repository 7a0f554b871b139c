package imap

import (
	"io"
	"sync"
)

// streamBuffer is how many octets are read and written in one go, at most. What has come is written at once: a device
// that sees nothing while a slow server fills a buffer would give up.
const streamBuffer = 64 << 10

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
			n := r.octets(p[:min(c.left, streamBuffer)])
			c.left -= int64(n)
			if r.err != nil {
				return written, c.fail(r.err)
			}
			if err := b.pour(w, p[:n], &written); err != nil {
				return written, err
			}
		}
	} else {
		data := r.buf[r.pos : r.pos+int(c.left)]
		if len(data) > 0 {
			r.last = data[len(data)-1]
		}
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
