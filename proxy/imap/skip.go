package imap

// value skips one value of any kind: a word, a string, a literal of at most limit octets, or a list of them.
func (r *reader) value(limit int64) {
	depth := 0
	for r.err == nil {
		switch r.peek() {
		case '(':
			r.pos++
			if depth++; depth > maxDepth {
				r.exceed("parentheses deeper than %d", maxDepth)
			}
		case ')':
			if depth--; depth < 0 {
				r.fail("a value is missing")
				return
			}
			r.pos++
		case ' ', '\t':
			r.pos++
			continue
		case '"', '{':
			r.opaque(limit)
		case '[':
			r.pos++
		default:
			if len(r.word(inWord)) == 0 {
				r.fail("%q within a value", r.peek())
			}
		}
		// A word such as X[1] and a list that follows it directly are one value each only at depth 0.
		if b := r.peek(); depth == 0 && (isBlank(b) || b == ')' || isEnd(b)) {
			return
		}
	}
}

// opaque skips a quoted string or a literal of at most limit octets.
func (r *reader) opaque(limit int64) {
	if r.peek() == '"' {
		r.tok = r.quoted(r.tok[:0])
		return
	}
	r.pass(r.bounded(limit))
}

// rest skips what is left of a response that is not known or not wanted. It cannot know its grammar, so it goes by the
// one thing that matters to what follows: a line that ends with {n} goes on behind n octets (RFC 3501 §4.3).
func (r *reader) rest(limit int64) {
	var digits, state int
	var n uint64
	for r.err == nil {
		b := r.peek()
		if r.err != nil {
			return
		}
		switch {
		case isEnd(b):
			if state == 2 {
				r.restLiteral(n, limit)
				state = 0
				continue
			}
			r.endLine()
			return
		case b == 0:
			r.fail("%q within a line", b)
			return
		case b == '{':
			state, digits, n = 1, 0, 0
		case state == 1 && b >= '0' && b <= '9' && digits < 19:
			digits++
			n = n*10 + uint64(b-'0')
		case state == 1 && b == '+' && digits > 0:
		case state == 1 && b == '}' && digits > 0:
			state = 2
		case state == 1 && b >= '0' && b <= '9':
			r.fail("a literal of more than %d octets", limit)
			return
		default:
			state = 0
		}
		r.pos++
	}
}

// restLiteral skips the end of a line that announces a literal, and the literal.
func (r *reader) restLiteral(n uint64, limit int64) {
	if !r.newline() {
		return
	}
	r.settle()
	r.show()
	if n > uint64(limit) {
		r.fail("a literal of %d octets where at most %d are accepted", n, limit)
		return
	}
	r.pass(int64(n))
}
