package upstream

import (
	"fmt"
	"io"

	"popbridge/translate"
)

// Counter counts what has gone into a writer: after the first octet nothing can
// be tried again, unless the writer takes back what has not left for the device.
type Counter struct {
	w io.Writer
	n int64
}

// NewCounter makes a Counter of what goes into w.
func NewCounter(w io.Writer) *Counter { return &Counter{w: w} }

// Written reports whether any octet has gone into the writer.
func (c *Counter) Written() bool { return c.n > 0 }

// TakeBack has the writer take back what it holds, if it can, and reports whether
// nothing is written now.
func (c *Counter) TakeBack() bool {
	w, ok := c.w.(interface{ TakeBack() bool })
	if c.n == 0 || ok && w.TakeBack() {
		c.n = 0
	}
	return c.n == 0
}

func (c *Counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

// TopWriter lets through what TOP's answer holds, and drops the rest.
type TopWriter struct {
	top  *translate.Top
	w    io.Writer
	done bool
	rest int // octets dropped
}

// NewTopWriter is for the header, the blank line and a number of lines.
func NewTopWriter(w io.Writer, lines int) *TopWriter {
	return &TopWriter{top: translate.NewTop(lines), w: w}
}

// Done reports whether all that TOP's answer holds has come.
func (t *TopWriter) Done() bool { return t.done }

// maxRest bounds what is read of a message after what TOP wants, where a server
// gives all of it for a part (Exchange, outlook.com): a new connection would not
// bring less.
const maxRest = 32 << 20

var errTooMuch = fmt.Errorf("the upstream gives whole messages where the beginning was asked for, and this one has more than %d octets", maxRest)

func (t *TopWriter) Write(p []byte) (int, error) {
	if t.done {
		if t.rest += len(p); t.rest > maxRest {
			return 0, errTooMuch
		}
		return len(p), nil
	}
	n, done := t.top.Take(p)
	t.done = done
	if _, err := t.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
