package imap

import "math"

// What may stand in a word: everything printable that does not open or close something. RFC 3501 allows less, servers send more.
const (
	inWord byte = 1 << iota // a keyword, a tag, an atom: ends at blanks, parentheses, quotes, braces and '['
	inFlag                  // a flag: ends at blanks and parentheses only; real flags hold ']' and '['
	inCode                  // the name of a response code: ends at blanks and ']'
)

var classes = func() (t [256]byte) {
	for i := 0x21; i < 256; i++ {
		switch i {
		case 0x7f:
		case '(', ')':
			t[i] = inCode
		case ']':
			t[i] = inWord | inFlag
		case '"', '{', '[':
			t[i] = inFlag | inCode
		default:
			t[i] = inWord | inFlag | inCode
		}
	}
	return t
}()

// word takes the longest run of octets of the class. What it returns may be empty, and is valid until the next octet is read.
func (r *reader) word(class byte) []byte {
	for i := r.pos; i < r.end; i++ {
		if classes[r.buf[i]]&class == 0 {
			w := r.buf[r.pos:i]
			r.pos = i
			return w
		}
	}
	r.tok = r.tok[:0]
	for b := r.peek(); classes[b]&class != 0; b = r.peek() {
		r.tok = append(r.tok, b)
		r.pos++
	}
	return r.tok
}

// keyword takes a word and gives it in upper case, cut to 32 octets: no word that this package knows is longer.
func (r *reader) keyword(into *[32]byte) []byte {
	w := r.word(inWord)
	n := min(len(w), len(into))
	for i, b := range w[:n] {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		into[i] = b
	}
	if len(w) == 0 {
		r.fail("%q where a word is due", r.peek())
	}
	return into[:n]
}

// number takes a number of at most max, which is 9 or more.
func (r *reader) number(max uint64) uint64 {
	b := r.peek()
	if b < '0' || b > '9' {
		r.fail("%q where a number is due", b)
		return 0
	}
	var n uint64
	for ; b >= '0' && b <= '9'; b = r.peek() {
		d := uint64(b - '0')
		if n > (max-d)/10 {
			r.fail("a number is larger than %d", max)
			return 0
		}
		n = n*10 + d
		r.pos++
	}
	return n
}

// number32 takes a number of 32 bits that is not zero: a UID or a UIDVALIDITY.
func (r *reader) number32() uint32 {
	n := uint32(r.number(math.MaxUint32))
	if n == 0 {
		r.fail("0 where a number above zero is due")
	}
	return n
}

// perhaps32 takes a number of 32 bits that is not zero, where one is next; what else is there is no error.
func (r *reader) perhaps32() (uint32, bool) {
	var n uint64
	for b := r.peek(); b >= '0' && b <= '9' && n <= math.MaxUint32; b = r.peek() {
		n = n*10 + uint64(b-'0')
		r.pos++
	}
	return uint32(n), n > 0 && n <= math.MaxUint32
}

// quoted takes a quoted string and appends it to dst.
func (r *reader) quoted(dst []byte) []byte {
	r.expect('"')
	for {
		b := r.peek()
		switch b {
		case '"':
			r.pos++
			return dst
		case '\\':
			r.pos++
			if b = r.peek(); isEnd(b) {
				r.fail("a line ends within a quoted string")
			}
		case '\r', '\n', 0:
			r.fail("a line ends within a quoted string")
		}
		if r.err != nil {
			return dst
		}
		dst = append(dst, b)
		r.pos++
	}
}

// literal takes the announcement of a literal, {n}, {n+} or ~{n}, with the end of its line. The n octets are next. Blanks before the end of
// the line are none of them.
func (r *reader) literal() int64 {
	r.row.open = false
	if r.peek() == '~' {
		r.pos++
	}
	r.expect('{')
	n := r.number(math.MaxInt64)
	if r.peek() == '+' {
		r.pos++
	}
	if !r.expect('}') {
		return 0
	}
	if r.spaces(); !r.newline() {
		return 0
	}
	r.settle()
	r.show()
	return int64(n)
}

// bounded takes the announcement of a literal that may have at most limit octets.
func (r *reader) bounded(limit int64) int64 {
	n := r.literal()
	if n > limit {
		r.fail("a literal of %d octets where at most %d are accepted", n, limit)
		return 0
	}
	return n
}

// octets reads some octets of a literal into p, one at least unless there is an error. The caller asks for no more than the literal has.
func (r *reader) octets(p []byte) int {
	if r.err != nil || len(p) == 0 {
		return 0
	}
	if r.pos == r.end {
		if len(p) < readBuffer {
			r.fill()
		} else {
			r.pos, r.end, r.mark = 0, 0, 0
			n, err := r.src.Read(p)
			if n > 0 {
				r.last = p[n-1]
			} else if err != nil {
				r.ended(err)
			}
			return n
		}
	}
	return copy(p, r.take(int64(len(p))))
}

// pass reads n octets of a literal and drops them.
func (r *reader) pass(n int64) {
	for n > 0 && r.err == nil {
		if r.pos == r.end {
			r.fill()
		}
		n -= int64(len(r.take(n)))
	}
}

// collect reads n octets of a literal and appends them to dst. The caller has bounded n.
func (r *reader) collect(dst []byte, n int64) []byte {
	from := len(dst)
	dst = append(dst, make([]byte, n)...)
	for from < len(dst) && r.err == nil {
		from += r.octets(dst[from:])
	}
	return dst
}

// str takes a quoted string, a literal of at most limit octets, or a bare word, which may be empty. It is valid until the next token.
func (r *reader) str(limit int64) []byte {
	switch r.peek() {
	case '"':
		r.tok = r.quoted(r.tok[:0])
	case '{', '~':
		r.tok = r.collect(r.tok[:0], r.bounded(limit))
	default:
		return r.word(inFlag)
	}
	return r.tok
}

// text takes the rest of the line, without its end, and appends it to dst.
func (r *reader) text(dst []byte) []byte {
	for b := r.peek(); !isEnd(b) && r.err == nil; b = r.peek() {
		if b == 0 {
			r.fail("%q within a text", b)
		}
		dst = append(dst, b)
		r.pos++
	}
	return dst
}
