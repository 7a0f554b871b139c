package imap

import (
	"io"
	"sync"
)

// streamBuffer is how many octets are read and written in one go, at most. What has come is written at once: a device
// that sees nothing while a slow server fills a buffer would give up.
const streamBuffer = 128 << 10

// streamBuffers spares a copying connection a buffer that it needs only for as long as it copies. It holds nothing between uses.
var streamBuffers = sync.Pool{New: func() any { return new([streamBuffer]byte) }}

// stream writes the open literal to w, and reads what follows it in its response. It writes out of the buffer that it reads into, which is a
// large one as soon as the server has more to say: of many small messages several come with one read.
func (c *Conn) stream(b *Body, w io.Writer) (int64, error) {
	c.unlimit()
	r := &c.r
	var written int64
	for c.left > 0 {
		if r.buffered() == 0 {
			r.enlarge()
			if r.fill(); r.err != nil {
				return written, c.fail(r.err)
			}
		}
		data := r.take(c.left)
		c.left -= int64(len(data))
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
