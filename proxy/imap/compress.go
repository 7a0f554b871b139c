package imap

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
)

// deflated is the connection behind COMPRESS. in stands between the network and the inflater, because an inflater that
// has once seen a deadline pass is of no use any more: a look for what has come must be made in front of it.
type deflated struct {
	in *bufio.Reader
	w  *flate.Writer
}

// Compress turns on COMPRESS=DEFLATE (RFC 4978) in both directions. It costs about 1 MB of memory for each connection.
func (c *Conn) Compress(ctx context.Context) error {
	if c.deflated != nil || len(c.pending) > 0 {
		return errors.New("imap: COMPRESS refused: it is on, or commands are in flight")
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, err := c.run(c.command("COMPRESS DEFLATE")); err != nil {
		return err
	}
	w, err := flate.NewWriter(wire{c}, flate.DefaultCompression)
	if err != nil {
		return c.fail(err)
	}
	// The server compresses from the octet behind its OK on, and some of that may have been read already.
	early := bytes.Clone(c.r.buf[c.r.pos:c.r.end])
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), wire{c}), readBuffer)
	c.r.pos, c.r.end, c.r.mark = 0, 0, 0
	c.r.src = flate.NewReader(in)
	c.deflated = &deflated{in: in, w: w}
	c.out = w
	return nil
}
