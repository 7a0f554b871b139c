package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// MaxMessages bounds what a server may list, and MaxListing how many octets of LIST
// or of UIDL are read for it: 900,000 messages with the longest unique-ids of RFC
// 1939 §7, and not as many with lines of MaxReply.
const (
	MaxMessages = 10_000_000
	MaxListing  = 64 << 20
)

// Listing is what a maildrop holds: messages in the server's order, numbers
// ascending. A number may be missing.
type Listing []Listed

// Listed is one message of a Listing.
type Listed struct {
	Number int
	Octets int64
	// UniqueID is as the server gave it, whatever its form; empty where it gave
	// none.
	UniqueID string
}

// List asks for octets with LIST and for unique-ids with UIDL, in one go where
// pipelined is true. Both have to name the same messages. Where the server has no
// UIDL, uniqueIDs is false.
func (c *Client) List(ctx context.Context, pipelined bool) (l Listing, uniqueIDs bool, err error) {
	err = c.do(ctx, func() error {
		second := func() error { return c.command("UIDL", "UIDL") }
		if pipelined {
			if err := c.send([]byte("LIST\r\nUIDL\r\n")); err != nil {
				return err
			}
			second = func() error { return nil }
		} else if err := c.command("LIST", "LIST"); err != nil {
			return err
		}
		refused := c.reply("LIST")
		if refused == nil {
			if err := c.octets(&l); err != nil {
				return err
			}
		} else if !isReply(refused) {
			return refused
		}
		if err := second(); err != nil {
			return err
		}
		err := c.reply("UIDL")
		switch {
		case err == nil:
			uniqueIDs = true
			err = c.uniqueIDs(l, refused == nil)
		case isReply(err):
			err = nil
		}
		if err == nil {
			err = refused
		}
		return err
	})
	return l, uniqueIDs, err
}

func isReply(err error) bool {
	var refused *ReplyError
	return err == nil || errors.As(err, &refused)
}

// octets reads the lines of LIST, "n octets"; what stands after them is ignored
// (RFC 1939 §5). A size that is no number, such as -1 or 9.3e+06, is taken for 0: one
// such message must not shut the maildrop, and nothing is cut by what LIST says.
func (c *Client) octets(l *Listing) error {
	return c.list(func(line []byte) error {
		n, rest, err := c.leadingNumber(line)
		if err != nil {
			return err
		}
		field, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte(" "))
		octets, ok := Number(string(field))
		if !ok {
			octets = 0
		}
		if have := *l; len(have) > 0 && have[len(have)-1].Number >= n {
			return fmt.Errorf("%w: it listed message %d after message %d", ErrProtocol, n, have[len(have)-1].Number)
		}
		if len(*l) >= MaxMessages {
			return fmt.Errorf("%w: it lists more than %d messages", ErrProtocol, MaxMessages)
		}
		*l = append(*l, Listed{Number: n, Octets: int64(octets)})
		return nil
	})
}

// uniqueIDs reads the lines of UIDL, "n unique-id". A unique-id is all that stands
// after one blank, since a device that has seen a strange one has kept it so.
func (c *Client) uniqueIDs(l Listing, listed bool) error {
	at := 0
	err := c.list(func(line []byte) error {
		n, rest, err := c.leadingNumber(line)
		if err != nil || !listed {
			return err
		}
		if at >= len(l) || l[at].Number != n {
			return fmt.Errorf("%w: LIST and UIDL name different messages, UIDL message %d", ErrProtocol, n)
		}
		if len(rest) > 0 {
			l[at].UniqueID = string(rest[1:])
		}
		at++
		return nil
	})
	if err == nil && listed && at < len(l) {
		return fmt.Errorf("%w: LIST has %d messages, and UIDL %d", ErrProtocol, len(l), at)
	}
	return err
}

// leadingNumber takes a message number off a line's front.
func (c *Client) leadingNumber(line []byte) (n int, rest []byte, err error) {
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	n, ok := Number(string(line[:end]))
	if !ok || n < 1 || n > MaxMessages {
		return 0, nil, fmt.Errorf("%w: it listed %.80q", ErrProtocol, c.quotable(string(line)))
	}
	return n, line[end:], nil
}

// list reads the lines of a multi-line answer that is text, up to its terminator.
// Line ends may be bare LFs here: none of it was written by a stranger.
func (c *Client) list(each func(line []byte) error) error {
	for left := MaxListing; ; {
		line, err := c.line()
		if err != nil {
			return err
		}
		if left -= len(line) + len(crlf); left < 0 {
			return fmt.Errorf("%w: it lists more than %d octets", ErrProtocol, MaxListing)
		}
		if len(line) > 0 && line[0] == '.' {
			if len(line) == 1 {
				return nil
			}
			line = line[1:]
		}
		if err := each(line); err != nil {
			return err
		}
	}
}
