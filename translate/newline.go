package translate

import "bytes"

// BareNewlines says what is done with a message that has a CR or LF alone.
type BareNewlines uint8

// What is done with bare newlines.
const (
	// BareRefuse refuses the message.
	BareRefuse BareNewlines = iota
	// BareMend makes a line end of each.
	BareMend
)

var bareNewlinesWords = []string{"refuse", "mend"}

// String gives the operator's word.
func (b BareNewlines) String() string { return bareNewlinesWords[b] }

// MarshalText gives the operator's word.
func (b BareNewlines) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText takes one of refuse, mend.
func (b *BareNewlines) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(b), string(text), bareNewlinesWords)
}

// DataScanner reads what a device sends behind DATA, up to its end, and makes every
// line end CRLF, so that whoever reads on sees the same lines and the same end (RFC
// 5321 §4.1.1.4). The end is CRLF, dot, CRLF and nothing else: a server that took
// another one could be made to read a second message in the text of the first
// (CVE-2023-51764). A device whose every line has ended in a bare LF, its DATA too,
// knows no CRLF; its end is LF, dot, LF.
//
// Dots that the device has stuffed stay stuffed, and one is put before a dot that
// stands alone on a line and is no end.
type DataScanner struct {
	// BareLF says that the line of DATA ended in a bare LF. It is unset by the
	// first CRLF.
	BareLF bool
	// Bare says that a CR or LF has stood alone.
	Bare bool
	// LoneDot says that a dot alone on its line, between line ends that are not both
	// CRLF, was taken for text.
	LoneDot bool
	// Ended says that the end has come.
	Ended bool

	state  dataState
	strict bool // the line end before this line was CRLF
}

type dataState uint8

const (
	dataStart  dataState = iota // of the whole
	dataBegin                   // of a line
	dataDot                     // behind a dot that begins a line
	dataDotCR                   // and a CR
	dataWithin                  // a line
	dataCR                      // behind a CR
	dataCRCR                    // behind two
)

var crlf = []byte("\r\n")

// Take appends to dst what src is, and says how much of src it has taken: all of
// it, or up to the end.
func (d *DataScanner) Take(dst, src []byte) (out []byte, taken int) {
	for taken < len(src) && !d.Ended {
		if d.state == dataWithin {
			if n := plainRun(src[taken:]); n > 0 {
				dst = append(dst, src[taken:taken+n]...)
				taken += n
				continue
			}
		}
		dst = d.octet(dst, src[taken])
		taken++
	}
	return dst, taken
}

// plainRun is how many octets of a line have no line end in them.
func plainRun(src []byte) int {
	n := bytes.IndexByte(src, '\n')
	if n < 0 {
		n = len(src)
	}
	if cr := bytes.IndexByte(src[:n], '\r'); cr >= 0 {
		n = cr
	}
	return n
}

func (d *DataScanner) octet(dst []byte, c byte) []byte {
	switch d.state {
	case dataStart:
		d.strict = true
		return d.begin(dst, c)
	case dataBegin:
		return d.begin(dst, c)
	case dataDot:
		return d.dot(dst, c)
	case dataDotCR:
		if c == '\n' {
			if d.BareLF = false; d.strict {
				d.Ended = true
				return dst
			}
			return d.lone(dst, true)
		}
		return d.octet(d.lone(dst, false), c)
	case dataWithin:
		return d.within(dst, c)
	case dataCR:
		switch c {
		case '\n':
			return d.lineEnd(dst, true)
		case '\r':
			d.state, d.Bare = dataCRCR, true
			return dst
		}
		return d.octet(d.lineEnd(dst, false), c)
	}
	if c == '\n' { // CR CR LF is one line end: what a text mode makes of CRLF
		return d.lineEnd(dst, false)
	}
	dst = d.lineEnd(dst, false)
	d.state = dataCR
	return d.octet(dst, c)
}

// begin takes the first octet of a line.
func (d *DataScanner) begin(dst []byte, c byte) []byte {
	if c == '.' {
		d.state = dataDot
		return dst
	}
	return d.within(dst, c)
}

func (d *DataScanner) within(dst []byte, c byte) []byte {
	switch c {
	case '\n':
		return d.lineEnd(dst, false)
	case '\r':
		d.state = dataCR
		return dst
	}
	d.state = dataWithin
	return append(dst, c)
}

func (d *DataScanner) dot(dst []byte, c byte) []byte {
	switch {
	case c == '\r':
		d.state = dataDotCR
		return dst
	case c == '\n' && d.BareLF:
		d.Ended = true
		return dst
	case c == '\n':
		return d.lone(dst, false)
	}
	return d.within(append(dst, '.'), c)
}

// lone is a line with nothing but a dot that is no end.
func (d *DataScanner) lone(dst []byte, exact bool) []byte {
	d.LoneDot, d.Bare = true, true
	return d.lineEnd(append(dst, '.', '.'), exact)
}

// lineEnd ends a line, which may have ended in CRLF or in something else.
func (d *DataScanner) lineEnd(dst []byte, exact bool) []byte {
	d.state, d.strict = dataBegin, exact
	if exact {
		d.BareLF = false
	} else {
		d.Bare = true
	}
	return append(dst, crlf...)
}
