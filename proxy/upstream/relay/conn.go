package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-smtp"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// endTimeout is how long a server may take to answer the end of a message (RFC 5321
// §4.5.3.2.6): who gives up earlier has it sent twice.
const endTimeout = 10 * time.Minute

// Conn is a connection to a submission server, logged in. It is used by one goroutine.
type Conn struct {
	pool       *Pool
	client     *client
	key        key
	credential upstream.Digest
	owner      translate.Login
	upstream   configs.Upstream
	loggedIn   time.Time
	timer      *time.Timer // while it waits
	ended      bool
	begun      bool // a transaction is open
}

// Lost reports whether the connection has ended.
func (c *Conn) Lost() bool { return c.client.wire.err != nil }

// during runs a command; the end of ctx ends the connection.
func (c *Conn) during(ctx context.Context, doing string, command func() error) *translate.SMTPReply {
	stop := context.AfterFunc(ctx, func() { _ = c.client.wire.Conn.Close() })
	defer stop()
	return c.judge(doing, command())
}

// judge is what a device hears of a command that has ended.
func (c *Conn) judge(doing string, err error) *translate.SMTPReply {
	var said *smtp.SMTPError
	wire := c.client.wire
	isReply := errors.As(err, &said)
	if isReply {
		err = fmt.Errorf("upstream %q: %s: it answered %.500q", c.upstream.Name, doing, fmt.Sprintf("%d %s", said.Code, said.Message))
	} else if err != nil {
		err = fmt.Errorf("upstream %q: %s: %w", c.upstream.Name, doing, err)
	}
	switch {
	case err == nil, isReply && said.Code/100 == 2:
		return translate.GoodReply(wire.code(), wire.enhanced())
	case isReply:
		if said.Code == 421 {
			_ = wire.fail(err) // it closes (RFC 5321 §3.8)
		}
		return translate.PassReply(said.Code, translate.EnhancedCode(said.EnhancedCode), doing, err)
	case wire.err != nil:
		return translate.SMTPLost(err)
	}
	return translate.SMTPTrouble(err)
}

// Mail begins a message.
func (c *Conn) Mail(ctx context.Context, from string, o *smtp.MailOptions) *translate.SMTPReply {
	if c.begun {
		if reply := c.during(ctx, "RSET", c.client.Reset); !reply.Good() {
			_ = c.client.wire.fail(reply)
			return reply
		}
	}
	c.begun = true
	return c.during(ctx, "the sender", func() error { return c.client.Mail(from, o) })
}

// Rcpt adds a recipient.
func (c *Conn) Rcpt(ctx context.Context, to string, o *smtp.RcptOptions) *translate.SMTPReply {
	return c.during(ctx, "the recipient", func() error { return c.client.Rcpt(to, o) })
}

// Data begins the message's text. The body is nil where the server does not take one.
func (c *Conn) Data(ctx context.Context) (backend.RelayBody, *translate.SMTPReply) {
	var data *smtp.DataCommand
	stop := context.AfterFunc(ctx, func() { _ = c.client.wire.Conn.Close() })
	defer stop()
	data, err := c.client.Data()
	if err != nil {
		reply := c.judge("the message", err)
		if reply.Good() { // it has taken a message before it was sent
			reply = translate.SMTPTrouble(err)
		}
		return nil, reply
	}
	c.client.wire.message = true
	return &body{conn: c, data: data}, nil
}

// Close has the connection wait for the account's next message, or ends it.
func (c *Conn) Close() error {
	if c.Lost() || c.client.wire.message {
		return c.client.Close()
	}
	c.pool.park(c)
	return nil
}

func (c *Conn) quit() {
	if !c.Lost() {
		c.client.wire.patience = upstream.LogoutTimeout
		_ = c.client.Quit() // it is closed whatever the server answers
	}
	_ = c.client.Close()
}

// body is the text of a message on its way.
type body struct {
	conn *Conn
	data *smtp.DataCommand
}

// Write sends a piece.
func (b *body) Write(p []byte) (int, error) { return b.data.Write(p) }

// End sends the end, and waits for what the server makes of the message. A server
// that has answered before the end has contradicted itself: it does not get the end,
// and so does not have the message.
func (b *body) End() (reply *translate.SMTPReply, given string) {
	c, wire := b.conn, b.conn.client.wire
	if wire.spoken(early) {
		return b.early(), ""
	}
	wire.due, wire.patience = 1, max(endTimeout, c.upstream.Timeout)
	_, err := b.data.CloseWithResponse()
	wire.message, wire.patience, c.begun = false, c.upstream.Timeout, false
	if reply = c.judge("the message", err); reply.Good() {
		reply.Code = 250 // a message has no other
		given = translate.GivenMessageID(string(wire.last))
	}
	return reply, given
}

// early is End for a server that has answered already: a refusal is one.
func (b *body) early() *translate.SMTPReply {
	wire := b.conn.client.wire
	defer b.Abandon()
	err := wire.err
	if err == nil {
		if err = wire.readReply(wire.patience); err == nil && wire.code() >= 400 {
			return translate.PassReply(wire.code(), wire.enhanced(), "the message", fmt.Errorf("upstream %q: it refused the message before its end: %q", b.conn.upstream.Name, wire.last))
		}
	}
	if err == nil {
		err = fmt.Errorf("%w: it answered %q before the end of the message", errUnasked, wire.last)
	}
	return translate.SMTPLost(fmt.Errorf("upstream %q: %w", b.conn.upstream.Name, err))
}

// Abandon ends the connection without the message's end, so that the server takes
// nothing of it.
func (b *body) Abandon() {
	wire := b.conn.client.wire
	_ = wire.fail(io.ErrClosedPipe)
	_ = wire.Conn.Close()
}
