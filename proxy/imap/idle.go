package imap

import (
	"context"
	"errors"
	"fmt"
)

// Changes is what the server has told unasked of the selected mailbox. It says that something changed, not what:
// who wants to know lists again.
type Changes struct {
	Exists uint32 // the number of messages, as last told
	Dirty  bool   // EXISTS, EXPUNGE, VANISHED, or FETCH with FLAGS has come
}

// Changes gives what has been told since ResetChanges.
func (c *Conn) Changes() Changes { return c.changes }

// ResetChanges forgets what has been told.
func (c *Conn) ResetChanges() { c.changes = Changes{Exists: c.exists} }

// StartIdle begins IDLE (RFC 2177): until StopIdle the server tells changes at once, and Poll takes them in. No other command can run
// meanwhile, and none may be in flight. RFC 2177 wants it ended every 29 minutes.
func (c *Conn) StartIdle(ctx context.Context) error {
	if len(c.pending) > 0 {
		return fmt.Errorf("%w: commands are in flight", ErrIdle)
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	cmd, err := c.send(c.command("IDLE"))
	if err != nil {
		return err
	}
	if err := c.awaitContinuation(cmd); err != nil {
		return err
	}
	if cmd.done {
		return c.refusal(cmd)
	}
	c.idle = cmd
	return nil
}

// StopIdle ends IDLE and waits for the server to agree.
func (c *Conn) StopIdle(ctx context.Context) error {
	cmd := c.idle
	if cmd == nil {
		return fmt.Errorf("%w: it is not running", ErrIdle)
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	c.idle = nil
	if cmd.done {
		// The server has ended it by itself; DONE would be read as a command.
		return cmd.err
	}
	c.showOut([]byte("DONE"))
	if err := c.write([]byte("DONE\r\n")); err != nil {
		return err
	}
	return c.await(cmd)
}

// Poll takes in what has already come, without waiting for more: it is how a parked connection, or one in IDLE, learns of changes and
// that the server is gone. Only a response that has begun is waited for to its end. Any error means that the connection is broken.
func (c *Conn) Poll() error {
	if err := c.Err(); err != nil {
		return err
	}
	c.responses = 0
	c.limit()
	for c.open == nil {
		if c.responses > maxPolled {
			return c.fail(&ProtocolError{Text: "the server does not stop talking"})
		}
		if c.r.buffered() == 0 && !c.arrived() {
			return c.Err()
		}
		if err := c.step(nil); err != nil {
			return err
		}
	}
	return nil
}

// maxPolled is how many responses Poll takes in at once.
const maxPolled = 10_000

// arrived looks, for a moment, whether anything is there to be read. It breaks the connection if that shows it to be dead.
func (c *Conn) arrived() bool {
	c.brief = true
	defer func() {
		c.brief = false
		c.r.release()
	}()
	var err error
	if c.deflated != nil {
		_, err = c.deflated.in.Peek(1)
	} else {
		c.r.empty()
		c.r.end, err = c.r.src.Read(c.r.buf)
	}
	if err != nil && !errors.Is(err, errNothing) {
		c.r.ended(err)
		c.fail(c.r.err)
	}
	return err == nil
}
