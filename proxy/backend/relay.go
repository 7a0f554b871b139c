package backend

import (
	"context"
	"io"

	"github.com/emersion/go-smtp"

	"popbridge/translate"
)

// Relay is a connection to the submission server of an upstream, logged in as an
// account. It is used by one goroutine. Every answer is a reply for the device, of
// success or of a refusal, and never nil where nothing else is said.
type Relay interface {
	// Mail begins a message; what was begun before is dropped.
	Mail(ctx context.Context, from string, o *smtp.MailOptions) *translate.SMTPReply
	// Rcpt adds a recipient.
	Rcpt(ctx context.Context, to string, o *smtp.RcptOptions) *translate.SMTPReply
	// Data begins the text of the message. The reply is nil where the body is not.
	Data(ctx context.Context) (RelayBody, *translate.SMTPReply)
	// Lost reports whether the connection has ended, so that another may do better.
	Lost() bool
	// Close ends the use of the connection.
	Close() error
}

// RelayBody is the text of a message on its way. It ends with End or with Abandon.
type RelayBody interface {
	io.Writer
	// End sends the message's end, and gives what the server makes of it. Only a reply
	// of success says that the server has the message; given is the Message-ID that the
	// server then says it has given it, or empty.
	End() (reply *translate.SMTPReply, given string)
	// Abandon has the server take nothing of the message.
	Abandon()
}

// Extensions is what a submission server announces (RFC 5321 §4.1.1.1).
type Extensions struct {
	EightBit   bool  // 8BITMIME
	UTF8       bool  // SMTPUTF8
	DSN        bool  // RFC 3461
	Pipelining bool  // RFC 2920
	Size       int64 // in octets; 0: it does not say
}

// And is what both have.
func (e Extensions) And(o Extensions) Extensions {
	e.EightBit, e.UTF8, e.DSN, e.Pipelining = e.EightBit && o.EightBit, e.UTF8 && o.UTF8, e.DSN && o.DSN, e.Pipelining && o.Pipelining
	if e.Size == 0 || o.Size != 0 && o.Size < e.Size {
		e.Size = o.Size
	}
	return e
}
