package pop3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
)

// Retrieve is RETR: it streams message n into w, without dot-stuffing and without
// the terminator, and gives the octets. nil means that the terminator has come;
// a ReplyError that nothing was written. An error of w is a WriterError, and
// ends the connection as every other does: the rest of the message is not read.
func (c *Client) Retrieve(ctx context.Context, n int, w io.Writer) (octets int64, err error) {
	err = c.do(ctx, func() error {
		if err := c.numbered("RETR", n); err != nil {
			return err
		}
		if err := c.reply("RETR"); err != nil {
			return err
		}
		octets, err = c.body(w)
		return err
	})
	return octets, err
}

// Top is TOP: Retrieve for the header, the blank line and a number of lines.
func (c *Client) Top(ctx context.Context, n, lines int, w io.Writer) (octets int64, err error) {
	err = c.do(ctx, func() error {
		line := "TOP " + strconv.Itoa(n) + " " + strconv.Itoa(lines)
		if err := c.command(line, line); err != nil {
			return err
		}
		if err := c.reply("TOP"); err != nil {
			return err
		}
		octets, err = c.body(w)
		return err
	})
	return octets, err
}

func (c *Client) numbered(verb string, n int) error {
	line := verb + " " + strconv.Itoa(n)
	return c.command(line, line)
}

// maxHeader bounds the header that Headers gives.
const maxHeader = 256 << 10

// Headers asks for the header of each message with TOP n 0, at most window of
// them on their way at once, 1 where the server has no PIPELINING (RFC 2449
// §6.6). each gets them in order, with a ReplyError where the server refuses a
// message; the octets are valid during the call, and are cut where they are more
// than any header needs. An error of each ends the connection.
func (c *Client) Headers(ctx context.Context, numbers []int, window int, each func(n int, header []byte, refused error) error) error {
	var header headerBuffer
	return c.inFlight(ctx, "TOP", " 0", numbers, window, func(n int, err error) error {
		header.b = header.b[:0]
		if err == nil {
			if _, err := c.body(&header); err != nil {
				return err
			}
		}
		return each(n, header.b, err)
	})
}

// Delete marks messages with DELE, at most window of them on their way at once.
// Nothing is removed before Quit. Each refusal is told; the other messages are
// marked all the same.
func (c *Client) Delete(ctx context.Context, numbers []int, window int, refused func(n int, err error)) error {
	return c.inFlight(ctx, "DELE", "", numbers, window, func(n int, err error) error {
		if err != nil {
			refused(n, fmt.Errorf("message %d: %w", n, err))
		}
		return nil
	})
}

// inFlight sends a command for each number, and keeps a window of them on their
// way. taken gets the reply of each, in order, nil for +OK or a ReplyError.
func (c *Client) inFlight(ctx context.Context, verb, arguments string, numbers []int, window int, taken func(n int, err error) error) error {
	if len(numbers) == 0 {
		return nil
	}
	return c.do(ctx, func() error {
		sent := 0
		for i, n := range numbers {
			// A half empty window is filled with one packet.
			if sent-i <= window/2 && sent < len(numbers) {
				var lines []byte
				for ; sent < len(numbers) && sent-i < max(1, window); sent++ {
					line := verb + " " + strconv.Itoa(numbers[sent]) + arguments
					if c.o.Trace != nil {
						c.o.Trace("C", line)
					}
					lines = append(append(lines, line...), crlf...)
				}
				if err := c.send(lines); err != nil {
					return err
				}
			}
			err := c.reply(verb)
			if !isReply(err) {
				return err
			}
			if err := taken(n, err); err != nil {
				// Answers are on their way that nobody will take.
				c.err = fmt.Errorf("message %d: %w", n, err)
				return c.err
			}
		}
		return nil
	})
}

// headerBuffer keeps as much of what is written as a header may have.
type headerBuffer struct{ b []byte }

func (h *headerBuffer) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), maxHeader-len(h.b))]...)
	return len(p), nil
}

var (
	lineDot = []byte("\r\n.")
	lastDot = []byte(".\r\n")
)

// body streams a multi-line answer up to its terminator. Only a dot between two
// CRLFs ends it, or begins a stuffed line (RFC 1939 §3): a message may hold bare
// LFs, and a sender must not be able to end it with one and to write what comes
// next. A server that ends its lines otherwise is found out by the timeout.
func (c *Client) body(w io.Writer) (octets int64, err error) {
	for begins := true; ; {
		p := c.buf[c.r:c.w]
		if begins && len(p) > 0 && p[0] == '.' {
			if bytes.HasPrefix(p, lastDot) {
				c.r += len(lastDot)
				return octets, nil
			}
			if !bytes.HasPrefix(lastDot, p) {
				p = p[1:]
				c.r++
				begins = false
			}
		} else if len(p) > 0 {
			begins = false
		}
		if !begins {
			n, next := run(p)
			if n > 0 {
				if _, err := w.Write(p[:n]); err != nil {
					return octets, &WriterError{err}
				}
				octets += int64(n)
				c.r += n
			}
			if begins = next; next {
				continue
			}
		}
		if err := c.fill(); err != nil {
			return octets, err
		}
	}
}

// run is how much of p may be written as it is: up to a line that begins with a
// dot, which then comes next, else to what might be the line end before one.
func run(p []byte) (n int, dot bool) {
	if i := bytes.Index(p, lineDot); i >= 0 {
		return i + len(crlf), true
	}
	switch {
	case bytes.HasSuffix(p, crlf):
		return len(p) - len(crlf), false
	case bytes.HasSuffix(p, cr):
		return len(p) - len(cr), false
	}
	return len(p), false
}
