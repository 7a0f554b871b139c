package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// Limits of what a server may send, in octets.
const (
	// MaxReply bounds a reply's line and a line of a listing. RFC 2449 §4 says
	// 512; servers with long unique-ids and texts go beyond.
	MaxReply = 8 << 10
	// clientRead is read from the network at once.
	clientRead = 32 << 10
)

// ErrProtocol says that a server's octets are not POP3. The connection is of no
// use any more.
var ErrProtocol = errors.New("the server does not speak POP3")

var errLongLine = fmt.Errorf("%w: a line is longer than %d octets", ErrProtocol, MaxReply)

// ErrUnsendable refuses a name or password that would become a command of its
// own; nothing was sent.
var ErrUnsendable = errors.New("a login may not contain CR, LF or NUL")

// ReplyError is a server's -ERR. The connection stays usable.
type ReplyError struct {
	Command string // the verb, or "greeting"
	Code    string // upper case, without brackets (RFC 2449 §8); empty for none
	Text    string // the server's own, for the log alone
}

// Error gives the server's words, quoted.
func (e *ReplyError) Error() string {
	if e.Code != "" {
		return fmt.Sprintf("%s: -ERR [%s] %q", e.Command, e.Code, e.Text)
	}
	return fmt.Sprintf("%s: -ERR %q", e.Command, e.Text)
}

// WriterError is an error of who takes a message, not of the server.
type WriterError struct{ Err error }

// Error gives the writer's own text.
func (e *WriterError) Error() string { return e.Err.Error() }

// Unwrap gives the writer's error.
func (e *WriterError) Unwrap() error { return e.Err }

// ClientOptions say how a Client behaves.
type ClientOptions struct {
	// Timeout is how long the server may go without sending or taking an octet.
	// The time that a message's writer takes does not count.
	Timeout time.Duration
	// Trace is called, where not nil, with each line; dir is "C" for us and "S"
	// for the server. Bodies are not traced, and secrets are left out.
	Trace func(dir, line string)
}

// Client is our connection to a POP3 server: strict where a message's end or a
// reply could be mistaken, patient with everything else. An error that is not a
// ReplyError stays: everything after it fails with it. It is used by one
// goroutine at a time.
type Client struct {
	nc   net.Conn
	o    ClientOptions
	ctx  context.Context // of the command being carried out
	held *[]byte         // nil between commands: a silent connection holds no memory
	buf  []byte
	r, w int // buf[r:w] is read and not yet taken
	err  error

	caps      Capabilities
	capsAsked bool
	secrets   []string // what the server must not be quoted with
}

// NewClient takes a connection, after TLS where that is implicit, and waits for
// the greeting. A greeting of -ERR is a ReplyError, and the caller closes nc.
func NewClient(ctx context.Context, nc net.Conn, o ClientOptions) (*Client, error) {
	c := &Client{nc: nc, o: o}
	err := c.do(ctx, func() error { return c.reply("greeting") })
	return c, err
}

// Err is what has ended the connection, nil while it is usable.
func (c *Client) Err() error { return c.err }

// Close closes the connection at once: a server removes nothing then (RFC 1939
// §6).
func (c *Client) Close() error {
	if c.err == nil {
		c.err = net.ErrClosed
	}
	return c.nc.Close()
}

// readPool holds the read buffers.
var readPool = sync.Pool{New: func() any { b := make([]byte, clientRead); return &b }}

// do runs an exchange under a context. Where the context ends in the middle, the
// connection is lost, since the answer may still come.
func (c *Client) do(ctx context.Context, exchange func() error) error {
	if c.err != nil {
		return c.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.r < c.w {
		// It would be taken for the next answer.
		c.err = fmt.Errorf("%w: it said %.80q unasked", ErrProtocol, c.quotable(string(c.buf[c.r:c.w])))
		return c.err
	}
	c.held = readPool.Get().(*[]byte)
	c.ctx, c.buf = ctx, *c.held
	defer c.giveBack()
	stop := context.AfterFunc(ctx, func() {
		// What waits for the network returns at once.
		_ = c.nc.SetDeadline(time.Unix(1, 0))
	})
	err := exchange()
	if !stop() && c.err == nil {
		c.err = context.Cause(ctx)
	}
	var refused *ReplyError
	if err != nil && c.err == nil && !errors.As(err, &refused) {
		c.err = err
	}
	if c.err != nil && !errors.As(err, &refused) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// giveBack returns the read buffer, unless it holds something.
func (c *Client) giveBack() {
	if c.r == c.w {
		readPool.Put(c.held)
		c.held, c.buf, c.r, c.w = nil, nil, 0, 0
	}
}

// deadline sets how long the next read or write may take, unless the context
// has ended already.
func (c *Client) deadline() error {
	if err := c.nc.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return err
	}
	return c.ctx.Err()
}

// send writes whole lines, which are one packet where they fit.
func (c *Client) send(lines []byte) error {
	if err := c.deadline(); err != nil {
		return err
	}
	_, err := c.nc.Write(lines)
	return err
}

// command sends one command; shown is what the trace says in its place.
func (c *Client) command(line, shown string) error {
	if c.o.Trace != nil {
		c.o.Trace("C", shown)
	}
	return c.send([]byte(line + "\r\n"))
}

// fill reads more after what is unread. Nothing read is an error, and in the
// middle of an answer an end of input is always unexpected.
func (c *Client) fill() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.w == len(c.buf) {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if err := c.deadline(); err != nil {
		return err
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line gives the next line without its line end, which may be a bare LF. It is
// valid until the next read.
func (c *Client) line() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(c.buf[c.r+searched:c.w], '\n'); i >= 0 {
			line := c.buf[c.r : c.r+searched+i]
			if len(line) > MaxReply {
				return nil, errLongLine
			}
			c.r += len(line) + 1
			return bytes.TrimSuffix(line, cr), nil
		}
		if searched = c.w - c.r; searched > MaxReply {
			return nil, errLongLine
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// reply reads the first line of an answer to a verb.
func (c *Client) reply(verb string) error {
	_, err := c.replyText(verb)
	return err
}

// replyText is reply, and gives what stands after +OK.
func (c *Client) replyText(verb string) (string, error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	return c.judge(verb, line)
}

func (c *Client) judge(verb string, line []byte) (string, error) {
	if c.o.Trace != nil {
		c.o.Trace("S", c.quotable(string(line)))
	}
	status, text, _ := strings.Cut(string(line), " ")
	switch {
	case strings.EqualFold(status, "+OK"):
		return text, nil
	case strings.EqualFold(status, "-ERR"):
		code, text := splitCode(text)
		return "", &ReplyError{Command: verb, Code: code, Text: c.quotable(text)}
	}
	return "", fmt.Errorf("%w: it answered %s with %.80q", ErrProtocol, verb, c.quotable(string(line)))
}

// splitCode parts a response code (RFC 2449 §8) from the text after it. What
// stands in brackets and cannot be a code is text.
func splitCode(text string) (code, rest string) {
	inner, found := strings.CutPrefix(text, "[")
	end := strings.IndexByte(inner, ']')
	if !found || end < 1 {
		return "", text
	}
	for _, b := range []byte(inner[:end]) {
		if b <= ' ' || b > '~' {
			return "", text
		}
	}
	return upper(inner[:end]), strings.TrimLeft(inner[end+1:], " ")
}
