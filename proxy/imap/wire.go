package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// wire is the connection as an io.Reader and io.Writer with a deadline for each step.
type wire struct{ c *Conn }

// Read reads what is there. The deadline is set anew for each read, so that only time without progress counts, and not
// the time that the caller took to deal with the last one.
func (w wire) Read(p []byte) (int, error) {
	c := w.c
	c.watch()
	now := time.Now()
	if c.limited {
		c.limited, c.until = false, now.Add(c.o.CommandTimeout)
	}
	deadline := now.Add(c.o.Timeout)
	overall := !c.until.IsZero() && c.until.Before(deadline)
	if overall {
		deadline = c.until
	}
	if err := c.raw.SetReadDeadline(deadline); errors.Is(err, io.ErrClosedPipe) {
		// So a net.Pipe says that its other end is gone, where a socket would let us read the end.
		return 0, io.EOF
	} else if err != nil {
		return 0, fmt.Errorf("imap: reading: %w", err)
	}
	n, err := c.nc.Read(p)
	switch {
	case n > 0 || err == nil:
		c.came()
		return n, nil
	case errors.Is(err, io.EOF):
		return 0, io.EOF
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return 0, fmt.Errorf("imap: reading: %w", err)
	case overall:
		return 0, fmt.Errorf("imap: no complete answer within %v: %w", c.o.CommandTimeout, err)
	default:
		return 0, fmt.Errorf("imap: no octet from the server for %v: %w", c.o.Timeout, err)
	}
}

// Write writes p in pieces, so that the deadline is one without progress also for a large p.
func (w wire) Write(p []byte) (int, error) {
	const piece = 32 << 10
	c := w.c
	c.watch()
	done := 0
	for done < len(p) {
		if err := c.raw.SetWriteDeadline(time.Now().Add(c.o.Timeout)); err != nil {
			return done, fmt.Errorf("imap: writing: %w", err)
		}
		n, err := c.nc.Write(p[done:min(done+piece, len(p))])
		done += n
		if err != nil {
			return done, fmt.Errorf("imap: writing: %w", err)
		}
	}
	return done, nil
}

// write sends p at once. An error breaks the connection.
func (c *Conn) write(p []byte) error {
	if err := c.Err(); err != nil {
		return err
	}
	if c.gathering {
		c.gathered = append(c.gathered, p...)
		return nil
	}
	if _, err := (wire{c}).Write(p); err != nil {
		return c.fail(err)
	}
	return nil
}

// atOnce has all that is sent leave in one piece: the server is woken once. Nothing of it may wait for an answer.
func (c *Conn) atOnce(send func() error) error {
	c.gathering = true
	err := send()
	c.gathering = false
	p := c.gathered
	if c.gathered = nil; err != nil {
		return err
	}
	return c.write(p)
}

// enter begins a call that may send or wait: from its first read or write on the end of ctx breaks the connection, which closes its socket
// and so interrupts any read or write. leave ends that, and gives the read buffer back. A context that has ended already sends nothing and breaks nothing.
func (c *Conn) enter(ctx context.Context) (leave func(), err error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("imap: not begun: %w", err)
	}
	c.responses, c.most, c.spare = 0, 0, maxDrain
	c.limit()
	c.unwatched = ctx
	return c.leave, nil
}

// watch has the end of the call's context break the connection, once for a call. One that finds in the buffer what it is for, as
// a small message that came with others, needs none of it.
func (c *Conn) watch() {
	ctx := c.unwatched
	if c.unwatched = nil; ctx == nil || ctx.Done() == nil {
		return
	}
	c.unwatch = context.AfterFunc(ctx, func() {
		c.fail(fmt.Errorf("imap: interrupted: %w", ctx.Err()))
	})
}

// endCall is what enter gives as leave.
func (c *Conn) endCall() {
	if c.unwatched = nil; c.unwatch != nil {
		c.unwatch()
		c.unwatch = nil
	}
	c.r.release()
}

// limit gives what is waited for next the overall time that a command without a body may
// take. It counts from the next read: what has come already, as most bodies have that were
// asked for ahead, needs no look at the clock.
func (c *Conn) limit() { c.limited, c.until = true, time.Time{} }

// unlimit leaves only the deadline without progress: a body takes as long as it takes.
func (c *Conn) unlimit() { c.limited, c.until = false, time.Time{} }
