package translate

import (
	"crypto/sha256"
	"hash"
)

// BodyPrinter makes Print.Body of a message that is written into it, from its first
// octet. The hash does not depend on whether lines end with LF or CRLF, nor on line
// ends at the very end of the message, which servers add and drop.
type BodyPrinter struct {
	sum    hash.Hash
	inBody bool
	line   bool // the header's current line has something in it
	ends   int  // line ends that count only when something follows
	buf    []byte
}

// NewBodyPrinter makes a BodyPrinter.
func NewBodyPrinter() *BodyPrinter {
	b := &BodyPrinter{sum: sha256.New()}
	b.sum.Write([]byte("body\x00"))
	return b
}

// Write takes octets of the message. It never fails.
func (b *BodyPrinter) Write(p []byte) (int, error) {
	length := len(p)
	for i, c := range p {
		if b.inBody {
			b.body(p[i:])
			break
		}
		switch c {
		case '\n':
			b.inBody, b.line = !b.line, false
		case '\r':
		default:
			b.line = true
		}
	}
	return length, nil
}

func (b *BodyPrinter) body(p []byte) {
	b.buf = b.buf[:0]
	for _, c := range p {
		switch c {
		case '\n':
			b.ends++
		case '\r':
		default:
			for ; b.ends > 0; b.ends-- {
				b.buf = append(b.buf, '\n')
			}
			b.buf = append(b.buf, c)
		}
	}
	b.sum.Write(b.buf)
}

// Print gives what was written as a Print of which only the body is known.
func (b *BodyPrinter) Print() (p Print) {
	copy(p.Body[:], b.sum.Sum(nil))
	return p
}
