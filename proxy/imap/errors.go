package imap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	goimap "github.com/emersion/go-imap/v2"
)

var (
	// ErrNoBody says that the server answered a request for a body without one: the message is gone (RFC 3501 §6.4.8
	// ignores UIDs that do not exist), or its value is NIL. The connection stays usable.
	ErrNoBody = errors.New("imap: the server gave no body")
	// ErrOtherPart is an ErrNoBody where the server gave another part of the body than was asked for: the message is there.
	ErrOtherPart = fmt.Errorf("%w, but another part of it than was asked for", ErrNoBody)
	// ErrLoginDisabled says that the server announces LOGINDISABLED (RFC 3501 §6.2.3); nothing was sent.
	ErrLoginDisabled = errors.New("imap: the server has disabled LOGIN on this connection")
	// ErrLiteralRefused comes with the *StatusError of a LOGIN that the server refused where a literal was announced, before it had
	// seen the password, or by BAD behind it: so the refusal is not of that. It comes too where the server ended the connection there, or did
	// not ask for the literal within a third of Options.Timeout. LoginQuoted may do, on another connection where this one is broken.
	ErrLiteralRefused = errors.New("imap: the server takes no literal in LOGIN")
	// ErrClosed is the error of a connection after Close or Logout.
	ErrClosed = errors.New("imap: connection closed")
	// ErrUnsafeString says that an argument holds CR, LF or NUL, or an octet that its place in a command does not allow.
	// Nothing was sent.
	ErrUnsafeString = errors.New("imap: unsafe octet in an argument")
	// ErrDynamicSet says that a set for a command that changes messages is empty of meaning without the server: it
	// holds "*". Nothing was sent.
	ErrDynamicSet = errors.New("imap: a set with * cannot name messages to change")
)

// maxShownText bounds what Error shows of a text that a server wrote, in octets.
const maxShownText = 500

// StatusError is a refusal in the server's own words: NO or BAD to a command, BYE at any time, PREAUTH where it is not
// acceptable (RFC 3501 §7.1). Code is in upper case and empty where there is none. Arg and Text are what the server wrote; only Error is safe to log.
type StatusError struct {
	Type string
	Code goimap.ResponseCode
	Arg  string
	Text string
}

// Error shows type, code and text, with control octets escaped and at most 500 octets of text.
func (e *StatusError) Error() string {
	var b strings.Builder
	b.WriteString("imap: server said ")
	b.WriteString(e.Type)
	if e.Code != "" {
		b.WriteString(" [")
		b.WriteString(harmless(string(e.Code)))
		b.WriteString("]")
	}
	if e.Text != "" {
		b.WriteString(" ")
		b.WriteString(harmless(e.Text))
	}
	return b.String()
}

// ProtocolError says what the server did that no server may do. The connection is broken.
type ProtocolError struct{ Text string }

func (e *ProtocolError) Error() string { return "imap: protocol error: " + e.Text }

// WriterError wraps the error of the writer that a body was copied to, so that the caller can tell the device from the upstream.
// The connection is not broken by it, but see Body.Discard.
type WriterError struct{ Err error }

func (e *WriterError) Error() string { return "writing the body: " + e.Err.Error() }
func (e *WriterError) Unwrap() error { return e.Err }

// harmless makes a text of the server fit for a log line: what is not printable is escaped as in a Go string, and what
// lies beyond maxShownText octets is left out.
func harmless(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if b.Len()+n > maxShownText {
			b.WriteString("...")
			break
		}
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	return b.String()
}
