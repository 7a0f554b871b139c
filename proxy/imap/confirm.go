package imap

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
)

// confirm waits until it is known what the server thinks of a body whose octets have all been handed out. It has confirmed the
// body when it says OK to the command, or goes on to another body that it was asked for. A refusal speaks of what had not come: Yahoo gives
// the messages of a batch up to the one that it cannot read, and says NO. Only where the command owed nothing more does it cast doubt on the body.
//
// A connection that ends instead is an error where nothing more was owed. Where other bodies were, it speaks of them:
// Dovecot says BYE, not NO, to a message that it cannot read, and that must not take the one before it from the device as well, each time.
func (c *Conn) confirm(b *Body) error {
	for !b.cmd.done && c.begun == b.turn {
		if err := c.step(nil); err != nil {
			if c.owing() && ended(err) {
				return nil
			}
			return err
		}
	}
	if c.begun > b.turn || b.cmd.owes() {
		return nil
	}
	return b.cmd.err
}

// owes reports whether the command has asked for bodies that have not begun to come.
func (cmd *command) owes() bool {
	return slices.ContainsFunc(cmd.bodies, func(b *Body) bool { return b.state == bodyAsked })
}

// owing reports whether bodies are asked for that have not begun to come.
func (c *Conn) owing() bool {
	return slices.ContainsFunc(c.pending, (*command).owes)
}

// ended tells a server that has gone, said BYE or fallen silent from one that talks nonsense, and from a wait that we have given up ourselves.
func ended(err error) bool {
	var bye *StatusError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &bye)
}

// Settle waits until every command in flight has been answered, so that the connection can change hands. At most so many octets of
// bodies that were dropped are read past; if more are to come, the connection is broken and the error says so. Bodies that were not dropped are kept in memory, within MaxBuffered.
func (c *Conn) Settle(ctx context.Context, most int64) error {
	if len(c.pending) == 0 {
		return c.Err()
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	c.unlimit()
	for c.spare = most; len(c.pending) > 0; {
		if err := c.step(nil); err != nil {
			return err
		}
	}
	return nil
}

// Generous reports whether the server has ever given more of a message than the part that it was asked for: others do, too.
func (c *Conn) Generous() bool { return c.generous }

// Late reports whether the server has ever sent a body before its UID: then a body of several in flight cannot be told until it has
// come, and has to be held in memory.
func (c *Conn) Late() bool { return c.late }
