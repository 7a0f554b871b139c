package translate

import "bytes"

// Top finds where TOP's answer ends in a message that arrives in pieces: after
// the header, the blank line, and a number of lines of the body (RFC 1939 §7).
// A line ends with LF, whether a CR stands before it or not.
type Top struct {
	lines  int  // body lines still to come
	body   bool // the blank line has passed
	inLine bool // the current line is not empty so far
	cr     bool // … but for one CR
}

// NewTop makes a Top for a number of body lines, 0 or more.
func NewTop(lines int) *Top { return &Top{lines: lines} }

// Take reports how many octets at the start of p belong to the answer, and
// whether the answer is complete with them. The pieces of a message are to be
// passed in order; a message that ends earlier belongs to the answer whole.
func (t *Top) Take(p []byte) (n int, done bool) {
	for n < len(p) {
		if t.body && t.lines == 0 {
			return n, true
		}
		end := bytes.IndexByte(p[n:], '\n')
		if end < 0 {
			t.see(p[n:])
			return len(p), false
		}
		t.see(p[n : n+end])
		n += end + 1
		switch {
		case t.body:
			t.lines--
		case !t.inLine:
			t.body = true
		}
		t.inLine, t.cr = false, false
	}
	return n, t.body && t.lines == 0
}

// see notes a piece of a line without its LF. A line that holds one CR alone is
// empty; anything else makes it a line.
func (t *Top) see(p []byte) {
	if len(p) == 0 {
		return
	}
	if !t.inLine && !t.cr && len(p) == 1 && p[0] == '\r' {
		t.cr = true
		return
	}
	t.inLine = true
}
