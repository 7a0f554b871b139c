package imap

import (
	"bytes"
	"math"

	goimap "github.com/emersion/go-imap/v2"
)

// quickRow takes a FETCH response to a Fetch that is whole in the buffer and written as nearly all servers write nearly all of them,
// "* 12 FETCH (UID 34 FLAGS (\Seen) RFC822.SIZE 5678)". A first sight of a mailbox is thousands of these. It takes nothing of any other,
// which is read as it comes: what it gives of those that it takes is what the parsers give. With Trace they see them all.
func (c *Conn) quickRow() bool {
	r := &c.r
	if c.asked.listing == nil || r.trace != nil {
		return false
	}
	rest := r.buf[r.pos:r.end]
	n := bytes.IndexByte(rest, '\n') + 1
	if n == 0 {
		return false
	}
	q := quick{rest: rest[:n]}
	seq := q.after("* ", math.MaxUint32)
	q.expect(" FETCH (")
	uid, flags, size, has := q.attributes()
	if q.failed {
		return false
	}
	c.tornRow = false
	if c.count(); r.err != nil {
		return true
	}
	m := &c.msg
	m.reset(uint32(seq))
	c.provision, c.orphan, c.given, c.noisy = nil, orphan{}, false, false
	m.UID, m.Size, m.Has = goimap.UID(uid), int64(size), has
	for len(flags) > 0 {
		var flag []byte
		flag, flags, _ = bytes.Cut(flags, blank)
		m.Flags = append(m.Flags, c.intern(flag))
	}
	r.pos += n
	r.settle()
	c.fetched()
	return true
}

var blank = []byte(" ")

// quick takes what it is told to from the front of a line; after a failure nothing counts.
type quick struct {
	rest   []byte
	failed bool
}

// attributes takes UID, FLAGS and RFC822.SIZE, each once at most and UID once, in any order, to the end of the line. Flags are parted
// by one blank each.
func (q *quick) attributes() (uid uint64, flags []byte, size uint64, has Attr) {
	once := func(a Attr) {
		q.failed = q.failed || has&a != 0
		has |= a
	}
	for !q.failed {
		switch {
		case q.has("UID "):
			once(attrUID)
			uid = q.after("", math.MaxUint32)
			q.failed = q.failed || uid == 0
		case q.has("FLAGS ("):
			once(AttrFlags)
			flags = q.flags()
		case q.has("RFC822.SIZE "):
			once(AttrSize)
			size = q.after("", math.MaxInt64)
		default:
			q.failed = true
		}
		if q.has(")\r\n") {
			break
		}
		q.expect(" ")
	}
	q.failed = q.failed || has&attrUID == 0 || len(q.rest) > 0
	return uid, flags, size, has
}

// has takes a text, if it is next.
func (q *quick) has(text string) bool {
	if len(q.rest) < len(text) || string(q.rest[:len(text)]) != text {
		return false
	}
	q.rest = q.rest[len(text):]
	return true
}

func (q *quick) expect(text string) { q.failed = !q.has(text) || q.failed }

// after takes a text and the number behind it, of at most most and 18 digits.
func (q *quick) after(text string, most uint64) (n uint64) {
	q.expect(text)
	i := 0
	for ; i < len(q.rest) && i < 18 && '0' <= q.rest[i] && q.rest[i] <= '9'; i++ {
		n = n*10 + uint64(q.rest[i]-'0')
	}
	if q.rest = q.rest[i:]; i == 0 || n > most {
		q.failed = true
	}
	return n
}

// flags takes flags with the parenthesis behind them.
func (q *quick) flags() []byte {
	for i, b := range q.rest {
		switch {
		case classes[b]&inFlag != 0:
		case b == ' ' && i > 0 && q.rest[i-1] != ' ':
		case b == ')' && (i == 0 || q.rest[i-1] != ' '):
			flags := q.rest[:i]
			q.rest = q.rest[i+1:]
			return flags
		default:
			q.failed = true
			return nil
		}
	}
	q.failed = true
	return nil
}
