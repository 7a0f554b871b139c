package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// AppendUID is the name of a message that was appended (RFC 4315 §3); its zero value: the server did not say.
type AppendUID struct {
	UIDValidity uint32
	UID         goimap.UID
}

// Append adds a message of size octets, read from r, to a mailbox given in wire form (RFC 3501 §6.3.11). A zero date is left to the server.
// If r gives fewer octets, or fails, the connection is broken, since nothing else ends a literal; the message is then not appended.
func (c *Conn) Append(ctx context.Context, mailbox string, flags []goimap.Flag, date time.Time, size int64, r io.Reader) (AppendUID, error) {
	var said AppendUID
	if size < 0 {
		return said, errors.New("imap: a message of negative size")
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return said, err
	}
	defer leave()
	l := c.command("APPEND").str("mailbox name", mailbox)
	for i, f := range flags {
		sep := " "
		if i == 0 {
			sep = " ("
		}
		l.atom("flag", sep, string(f))
	}
	if len(flags) > 0 {
		l.raw(")")
	}
	if !date.IsZero() {
		l.raw(date.Format(` "_2-Jan-2006 15:04:05 -0700"`))
	}
	l.raw(" ").announce(size)
	c.asked = asked{appended: &said}
	defer c.askedNothing()
	cmd, err := c.sendOpen(l)
	if err != nil {
		return said, err
	}
	if cmd.done {
		return said, c.refusal(cmd)
	}
	if err := c.sendRest(l, ""); err != nil {
		return said, err
	}
	c.unlimit()
	if err := c.sendLiteral(size, r); err != nil {
		return said, err
	}
	c.limit()
	return said, c.await(cmd)
}

func (c *Conn) sendLiteral(size int64, from io.Reader) error {
	p := streamBuffers.Get().(*[streamBuffer]byte)
	defer streamBuffers.Put(p)
	for left := size; left > 0; {
		n, err := from.Read(p[:min(left, streamBuffer)])
		left -= int64(n)
		if werr := c.write(p[:n]); werr != nil {
			return werr
		}
		if err != nil && left > 0 {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return c.fail(fmt.Errorf("imap: %d octets of a message to append are missing: %w", left, err))
		}
	}
	return c.write([]byte("\r\n"))
}
