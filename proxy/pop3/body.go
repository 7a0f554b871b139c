package pop3

import (
	"strconv"

	"popbridge/proxy/pop3/scan"
)

// Body is the multi-line answer to RETR or TOP while it streams. What is
// written is a message as the upstream holds it; what the device gets is the
// same octets after two changes: a bare LF becomes CRLF, and a missing final
// CRLF is added. A bare CR stays. Lines that begin with a dot are stuffed, the
// very first one too, wherever the pieces are cut (RFC 1939 §3).
//
// The first Write begins with +OK. A Body that is not committed leaves the device in
// the middle of an answer, and the connection must be closed, unless TakeBack
// shows that nothing of it has left yet.
type Body struct {
	c        *Conn
	announce string
	begun    bool
	mark     int  // octets that waited to be sent when it began
	sent     int  // what Conn.sent was then
	last     byte // octet that was written; LF before the first one
	octets   int64
}

// Body opens a multi-line answer; announce is the text after +OK.
func (c *Conn) Body(announce string) *Body { return &Body{c: c, announce: announce, last: '\n'} }

// Begun reports whether anything may have reached the device, so that -ERR is no
// longer possible. What waits in our own buffer has not.
func (b *Body) Begun() bool { return b.begun && (b.c.sent != b.sent || b.c.werr != nil) }

// TakeBack undoes what was written, +OK too, as if nothing had been. It fails where
// some of it has left for the device.
func (b *Body) TakeBack() bool {
	if b.Begun() {
		return false
	}
	if b.begun && b.c.out != nil {
		*b.c.out = (*b.c.out)[:b.mark]
		if b.c.Trace != nil {
			b.c.Trace("S", []byte("(nothing of this has left, and it is taken back)"))
		}
	}
	*b = *b.c.Body(b.announce)
	return true
}

// Octets is the size of what was written so far as the device counts it:
// with CRLF line ends, before dot-stuffing (RFC 1939 §11).
func (b *Body) Octets() int64 { return b.octets }

func (b *Body) begin() {
	if !b.begun {
		b.begun, b.mark, b.sent = true, b.c.waiting(), b.c.sent
		b.c.positive(b.announce)
	}
}

// Write sends a piece of the message. Its error is the device's connection's.
func (b *Body) Write(p []byte) (int, error) {
	b.begin()
	for rest := p; ; {
		n := scan.Change(b.last, rest)
		b.put(rest[:n])
		if rest = rest[n:]; len(rest) == 0 {
			return len(p), b.c.werr
		}
		if rest[0] == '\n' {
			b.put(crlf)
			rest = rest[1:]
			continue
		}
		// The line's own dot goes out with what follows it.
		b.c.write(dot)
		b.last = '.'
	}
}

func (b *Body) put(p []byte) {
	if len(p) > 0 {
		b.c.write(p)
		b.octets += int64(len(p))
		b.last = p[len(p)-1]
	}
}

var (
	dot        = []byte(".")
	terminator = []byte(".\r\n")
)

// Commit ends the message: the final CRLF where it is missing, and the
// terminator. Call it only where the message is known to be whole.
func (b *Body) Commit() error {
	b.begin()
	switch b.last {
	case '\n':
	case '\r':
		b.put(crlf[1:]) // a final CR has only its LF missing
	default:
		b.put(crlf)
	}
	b.c.write(terminator)
	return b.c.werr
}

// Lines opens a multi-line answer whose lines are ours. They are written straight into
// what waits to be sent: a maildrop has very many.
type Lines struct{ c *Conn }

// Lines writes +OK with a text and opens a list.
func (c *Conn) Lines(format string, args ...any) *Lines {
	c.OK(format, args...)
	return &Lines{c: c}
}

// Line adds a line of ours that does not begin with a dot.
func (l *Lines) Line(line string) { l.end(append(l.c.spare(), line...)) }

// Number adds "n octets" (RFC 1939 §5, LIST) without allocating.
func (l *Lines) Number(n int, octets int64) {
	l.end(strconv.AppendInt(numbered(l.c.spare(), n), octets, 10))
}

// Append adds "n text", with the text appended by add (RFC 1939 §7, UIDL).
func (l *Lines) Append(n int, add func(dst []byte) []byte) {
	l.end(add(numbered(l.c.spare(), n)))
}

func numbered(dst []byte, n int) []byte { return append(strconv.AppendInt(dst, int64(n), 10), ' ') }

func (l *Lines) end(line []byte) { l.c.taken(append(line, crlf...)) }

// Commit writes the terminator.
func (l *Lines) Commit() error {
	l.c.write(terminator)
	return l.c.werr
}
