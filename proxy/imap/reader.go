package imap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	readBuffer   = 16 << 10 // octets of a connection's buffer; bodies are read into larger ones, and what is collected past it
	maxLine      = 64 << 10 // octets of one response, literals left out
	maxDepth     = 50       // parentheses within parentheses
	maxTraceLine = 4 << 10  // octets of a line that Trace is shown
)

// readBuffers are what connections read into. One that nobody waits on, with nothing left in it, gives its own back: most connections only
// wait for their device's next poll. The pool holds nothing between uses.
var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// reader cuts what the server sends into octets, lines and literals. The first error stays: from then on peek gives 0, an octet that no
// token accepts, so that every parser comes to its end without asking after each step.
type reader struct {
	src      io.Reader
	buf      []byte // nil at rest
	pos, end int
	mark     int  // where in buf the octets begin that are not yet counted and shown
	line     int  // octets of this response counted so far
	last     byte // of the octets of the literal that was read last
	tok      []byte
	err      error
	row      row
	trace    func(line []byte) // nil: off
	shown    []byte
}

// peek gives the next octet without taking it, 0 after an error. Who takes it adds one to pos.
func (r *reader) peek() byte {
	if r.pos < r.end {
		return r.buf[r.pos]
	}
	return r.more()
}

func (r *reader) more() byte {
	if r.err != nil {
		return 0
	}
	r.settle()
	if r.line > maxLine {
		r.exceed("a line is longer than %d octets", maxLine)
		return 0
	}
	r.fill()
	if r.err != nil {
		return 0
	}
	return r.buf[0]
}

// fill reads at least one octet into the empty buffer, or sets err.
func (r *reader) fill() {
	r.pos, r.end, r.mark = 0, 0, 0
	if r.buf == nil {
		r.buf = readBuffers.Get().(*[readBuffer]byte)[:]
	}
	for range 100 {
		n, err := r.src.Read(r.buf)
		if n > 0 {
			r.end = n
			return
		}
		if err != nil {
			r.ended(err)
			return
		}
	}
	r.stop(io.ErrNoProgress)
}

// enlarge has the empty buffer be a large one, for as long as it is not released.
func (r *reader) enlarge() {
	if len(r.buf) < streamBuffer {
		r.release()
		r.buf = streamBuffers.Get().(*[streamBuffer]byte)[:]
	}
}

// take gives at most n octets of a literal, of those that are in the buffer. They are good until the next read.
func (r *reader) take(n int64) []byte {
	data := r.buf[r.pos : r.pos+int(min(n, int64(r.buffered())))]
	r.pos += len(data)
	r.mark = r.pos
	if len(data) > 0 {
		r.last = data[len(data)-1]
	}
	return data
}

// release gives the buffer back if nothing is left in it.
func (r *reader) release() {
	if r.buf == nil || r.buffered() > 0 {
		return
	}
	r.settle()
	if len(r.buf) == streamBuffer {
		streamBuffers.Put((*[streamBuffer]byte)(r.buf))
	} else {
		readBuffers.Put((*[readBuffer]byte)(r.buf))
	}
	r.buf, r.pos, r.end, r.mark = nil, 0, 0, 0
}

// ended stops at an error of the source. Its end is one too: a server says BYE first.
func (r *reader) ended(err error) {
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("imap: the server ended the connection: %w", io.ErrUnexpectedEOF)
	}
	r.stop(err)
}

// buffered says how many octets have been read from the network and not been taken yet.
func (r *reader) buffered() int { return r.end - r.pos }

// settle counts the octets taken since the last time towards the line, and notes them for Trace.
func (r *reader) settle() {
	part := r.buf[r.mark:r.pos]
	r.mark = r.pos
	r.line += len(part)
	if r.trace != nil && len(r.shown) < maxTraceLine {
		r.shown = append(r.shown, part[:min(len(part), maxTraceLine-len(r.shown))]...)
	}
}

// fail makes the response a protocol error, unless there is an earlier error, and stops the parsers. See mendRow.
func (r *reader) fail(format string, args ...any) {
	r.tear()
	r.stop(&ProtocolError{Text: fmt.Sprintf(format, args...)})
}

// stop sets the error, unless there is an earlier one.
func (r *reader) stop(err error) {
	if r.err == nil {
		r.err = err
	}
	r.pos, r.end, r.mark = 0, 0, 0
}

// begin starts the count of a new response.
func (r *reader) begin() {
	r.mark = r.pos
	r.line = 0
	r.shown = r.shown[:0]
}

// relax forgets the octets counted so far. It is called between the numbers of a list whose length is bounded by its
// count, because a mailbox of 100,000 messages answers SEARCH with one line of half a megabyte.
func (r *reader) relax() {
	r.settle()
	r.line = 0
}

// expect takes the octet b and nothing else.
func (r *reader) expect(b byte) bool {
	if got := r.peek(); got != b {
		r.fail("%q where %q is due", got, b)
		return false
	}
	r.pos++
	return true
}

// spaces takes any number of blanks: servers that send two where one is due exist, and tabs.
func (r *reader) spaces() {
	for isBlank(r.peek()) {
		r.pos++
	}
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// gap takes the blank that has to be here, and any others: DavMail writes some one by one to keep the line alive while it
// works.
func (r *reader) gap() bool {
	if b := r.peek(); !isBlank(b) {
		r.fail("%q where a blank is due", b)
		return false
	}
	r.spaces()
	return r.err == nil
}

// isEnd says whether b begins the end of a line.
func isEnd(b byte) bool { return b == '\r' || b == '\n' }

// newline takes CRLF, or LF alone. A CR alone ends nothing.
func (r *reader) newline() bool {
	if r.peek() == '\r' {
		r.pos++
	}
	return r.expect('\n')
}

// emptyLines takes empty lines, and blanks, before a response. They count towards its length, which bounds them.
func (r *reader) emptyLines() {
	b := r.peek()
	if !isBlank(b) && !isEnd(b) {
		return
	}
	for ; isBlank(b) || isEnd(b); b = r.peek() {
		r.pos++
	}
	r.settle()
	r.shown = r.shown[:0]
}

// maxNoise bounds the octets of blanks and empty lines that are read over behind a literal.
const maxNoise = 16

// noise takes an empty line that stands between the octets of a literal and what follows them in its response: Domino sends one,
// and others do. No octet of the literal is lost by that, since its count was believed and not its end. It reports whether there was one.
// A literal that ends between CR and LF was counted wrong.
func (r *reader) noise() (empty bool) {
	if r.last == '\r' && r.peek() == '\n' {
		r.fail("a literal ends between CR and LF")
	}
	for range maxNoise {
		b := r.peek()
		if !isBlank(b) && !isEnd(b) {
			return empty
		}
		empty = empty || isEnd(b)
		r.pos++
	}
	r.fail("more than %d octets of blanks and empty lines behind a literal", maxNoise)
	return true
}

// endLine takes the end of a line, and blanks before it, and checks the length of what it ends.
func (r *reader) endLine() {
	r.spaces()
	if !r.newline() {
		return
	}
	r.settle()
	if r.line > maxLine {
		r.exceed("a line is longer than %d octets", maxLine)
		return
	}
	r.show()
}

// show hands the line to Trace.
func (r *reader) show() {
	if r.trace == nil {
		return
	}
	r.trace(bytes.TrimRight(r.shown, "\r\n"))
	r.shown = r.shown[:0]
}

// atEnd says whether nothing but the end of the line is left.
func (r *reader) atEnd() bool {
	r.spaces()
	b := r.peek()
	return isEnd(b) || r.err != nil
}
