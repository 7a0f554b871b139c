package imap

import (
	"bytes"
	"fmt"
	"math"
)

// orphan is a body that came before its UID in a response, when several were in flight that it could be for.
type orphan struct {
	here    bool
	data    []byte
	section string
	origin  int64
}

// section reads [section]<origin> and the value of a BODY attribute; mine is false for others such as BINARY, whose
// value is skipped.
func (c *Conn) section(mine bool) {
	r := &c.r
	c.sectionName()
	origin := int64(-1)
	if r.peek() == '<' {
		r.pos++
		origin = int64(r.number(math.MaxInt64))
		if r.peek() == '.' {
			r.pos++ // what was asked for is repeated, with its length (RFC 9051 §7.5.2: a server gives the origin alone)
			r.number(math.MaxInt64)
		}
		r.expect('>')
	}
	if !r.gap() {
		return
	}
	r.spaces()
	if !mine {
		r.value(c.o.MaxLiteral)
		return
	}
	if g := c.asked.listing; g != nil && g.want&AttrHeader != 0 && bytes.HasPrefix(c.sections, []byte("HEADER")) {
		c.headerValue()
		return
	}
	c.bodyValue(origin)
}

// sectionName reads [section] into c.sections, in upper case, without quotes and the octets of literals.
func (c *Conn) sectionName() {
	r := &c.r
	c.sections = c.sections[:0]
	r.expect('[')
	for {
		b := r.peek()
		switch b {
		case ']':
			r.pos++
			return
		case '"', '{':
			r.opaque(c.o.MaxLiteral)
			continue
		case '\r', '\n', 0:
			r.fail("a section that does not end")
		}
		if r.err != nil {
			return
		}
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		c.sections = append(c.sections, b)
		r.pos++
	}
}

// headerValue reads the header fields of a listing. A header longer than MaxLiteral is cut rather than refused: one
// monstrous message must not make its whole mailbox unreadable.
func (c *Conn) headerValue() {
	r, m := &c.r, &c.msg
	m.Header = m.Header[:0]
	m.Has |= AttrHeader
	switch r.peek() {
	case '"':
		m.Header = r.quoted(m.Header)
	case '{', '~':
		n := c.bodyLiteral()
		keep := min(n, c.o.MaxLiteral)
		m.Header = r.collect(m.Header, keep)
		r.pass(n - keep)
		c.behindLiteral()
	default:
		r.value(c.o.MaxLiteral)
	}
}

// bodyLiteral takes the announcement of a literal that holds a body.
func (c *Conn) bodyLiteral() int64 {
	n := c.r.literal()
	if c.o.MaxBody > 0 && n > c.o.MaxBody {
		c.r.fail("a body of %d octets where at most %d are accepted", n, c.o.MaxBody)
		return 0
	}
	return n
}

// bodyValue reads the value of a BODY attribute up to its data. A literal that someone waits for becomes the open one.
func (c *Conn) bodyValue(origin int64) {
	r := &c.r
	b, certain := c.bodyFor(string(c.sections), origin)
	if b == nil && certain {
		c.noteOther()
	}
	c.late = c.late || c.msg.Has&attrUID == 0
	switch r.peek() {
	case '"':
		data := r.quoted(nil)
		c.offer(b, certain, origin, data)
	case '{', '~':
		switch {
		case b == nil && !certain:
			data := c.collectHeld(c.bodyLiteral(), "before its UID")
			c.behindLiteral()
			c.offer(nil, false, origin, data)
		case b == nil:
			r.pass(r.bounded(c.o.MaxLiteral))
			c.behindLiteral()
		default:
			if n := c.bodyLiteral(); c.fits(b, n) {
				b.state = bodyOpen
				c.begin(b, n)
				c.open, c.left = b, n
				c.provide(b)
			}
		}
	default:
		r.value(c.o.MaxLiteral)
	}
}

// offer gives data that is in memory to b, or to the one whose UID is still to come.
func (c *Conn) offer(b *Body, certain bool, origin int64, data []byte) {
	switch {
	case c.r.err != nil:
	case b != nil:
		c.give(b, data)
		c.provide(b)
	case !certain && c.orphan.here:
		c.r.fail("two bodies before their UID")
	case !certain:
		c.orphan = orphan{here: true, section: string(c.sections), origin: origin, data: data}
	}
}

// give hands data to b for its turn.
func (c *Conn) give(b *Body, data []byte) {
	if c.fits(b, int64(len(data))) {
		c.keep(b, data)
		c.begin(b, int64(len(data)))
	}
}

// begin notes that a body has come, as far as its announcement. Its command has one less to wait for.
func (c *Conn) begin(b *Body, size int64) {
	if c.given {
		c.r.fail("two bodies in one response")
	}
	c.given = true
	c.begun++
	b.turn, b.size = c.begun, size
	for len(b.cmd.bodies) > 0 && b.cmd.bodies[0].state != bodyAsked {
		b.cmd.bodies = b.cmd.bodies[1:]
	}
}

// fits notes a server that gives more than a part of a message. What it gives begins where that was to begin, so it is no fault.
func (c *Conn) fits(b *Body, n int64) bool {
	c.generous = c.generous || b.partial && n > b.length
	return c.r.err == nil
}

// provide notes that b has been given a body of this response. Where the UID has not been seen yet, fetched checks it.
func (c *Conn) provide(b *Body) {
	if c.msg.Has&attrUID == 0 {
		c.provision = b
	}
}

// bodyFor finds the body that is waiting for this section. If the response has not named its UID yet and several bodies
// could be meant, there is no telling: then certain is false.
func (c *Conn) bodyFor(section string, origin int64) (b *Body, certain bool) {
	for _, cmd := range c.pending {
		for _, x := range cmd.bodies {
			if !x.matches(section, origin) {
				continue
			}
			if c.msg.Has&attrUID != 0 {
				if x.uid == c.msg.UID {
					return x, true
				}
				continue
			}
			if b != nil {
				return nil, false
			}
			b = x
		}
	}
	return b, true
}

// noteOther notes a body that somebody waits for, and of which another part has come.
func (c *Conn) noteOther() {
	for _, cmd := range c.pending {
		for _, x := range cmd.bodies {
			if x.state == bodyAsked && c.msg.Has&attrUID != 0 && x.uid == c.msg.UID && x.section == string(c.sections) {
				x.other = true
			}
		}
	}
}

// matches compares what was asked for with what has come. Some servers leave <0> out.
func (b *Body) matches(section string, origin int64) bool {
	if b.state != bodyAsked || b.section != section {
		return false
	}
	if b.partial {
		return origin == b.offset || origin < 0 && b.offset == 0
	}
	return origin <= 0
}

// placeOrphan gives a body that came before its UID to the one who waits for it.
func (c *Conn) placeOrphan() {
	o := c.orphan
	c.orphan = orphan{}
	if !o.here || c.msg.Has&attrUID == 0 {
		return
	}
	if b, _ := c.bodyFor(o.section, o.origin); b != nil {
		c.give(b, o.data)
	}
}

// setAside makes way for what follows the open literal: it keeps the body for its turn, or drops it if nobody wants it.
func (c *Conn) setAside() {
	b := c.open
	if b.dropped {
		if c.left > c.spare {
			c.r.stop(fmt.Errorf("imap: %d octets are left of a body that was given up", c.left))
			return
		}
		c.spare -= c.left
		c.r.pass(c.left)
		c.open, b.state = nil, bodyTaken
		return
	}
	data := c.collectHeld(c.left, "before its turn")
	if c.r.err != nil {
		return
	}
	c.open = nil
	c.keep(b, data)
}

// collectHeld reads a literal into memory, if there is room for it under MaxBuffered.
func (c *Conn) collectHeld(n int64, why string) []byte {
	if c.r.err == nil && n > c.o.MaxBuffered-c.held {
		c.r.stop(fmt.Errorf("imap: a body of %d octets came %s, and %d of at most %d octets are kept already", n, why, c.held, c.o.MaxBuffered))
	}
	if c.r.err != nil {
		return nil
	}
	return c.r.collect(nil, n)
}

// keep holds the data of a body for its turn.
func (c *Conn) keep(b *Body, data []byte) {
	if b.dropped {
		b.state = bodyTaken
		return
	}
	b.state, b.held = bodyHeld, data
	c.held += int64(len(data))
}
