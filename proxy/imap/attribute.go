package imap

import (
	"math"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// maxInterned bounds how many different flags a connection keeps as strings; beyond it each one costs an allocation.
const maxInterned = 1000

// fetch reads a FETCH response behind its keyword. It may stop at the literal of a body, which is then open; fetchRest goes on from there.
func (c *Conn) fetch(seq uint32) {
	c.msg.reset(seq)
	c.provision, c.orphan, c.given, c.noisy = nil, orphan{}, false, false
	r := &c.r
	r.expect('(')
	r.spaces()
	if r.peek() == ')' {
		c.fetchEnds()
		return
	}
	c.attributes()
}

func (c *Conn) attributes() {
	for c.r.err == nil {
		if c.attribute(); c.open != nil || c.fetchEnds() {
			return
		}
	}
}

// fetchRest reads what follows a body's literal in its response.
func (c *Conn) fetchRest() {
	if c.behindLiteral(); c.r.err == nil && !c.fetchEnds() {
		c.attributes()
	}
}

// behindLiteral reads over an empty line behind a literal.
func (c *Conn) behindLiteral() { c.noisy = c.r.noise() || c.noisy }

// fetchEnds takes what stands between attributes, or the end of the response.
func (c *Conn) fetchEnds() bool {
	r := &c.r
	r.spaces()
	if r.peek() != ')' {
		return r.err != nil
	}
	r.pos++
	r.endLine()
	if r.err == nil {
		c.fetched()
	}
	return true
}

// fetched deals with a response that has come to its end.
func (c *Conn) fetched() {
	m := &c.msg
	if p := c.provision; p != nil && (m.Has&attrUID == 0 || m.UID != p.uid) {
		c.r.fail("a body for UID %d in a response for UID %d", p.uid, m.UID)
		return
	}
	c.placeOrphan()
	if g := c.asked.listing; g != nil && g.wants(m) {
		g.hand(m)
		return
	} else if g != nil && g.torn && g.names(m) {
		g.hand(m)
	}
	if m.Has&AttrFlags != 0 {
		c.changes.Dirty = true
	}
}

// attribute reads one attribute with its value.
func (c *Conn) attribute() {
	r, m := &c.r, &c.msg
	var kw [32]byte
	name := r.keyword(&kw)
	if r.peek() == '[' {
		c.section(string(name) == "BODY")
		return
	}
	if !r.gap() {
		return
	}
	r.spaces()
	switch string(name) {
	case "UID":
		// Where it is none, UID 0 stays: the response names no message.
		n, _ := c.figure(math.MaxUint32)
		uid := goimap.UID(n)
		if m.Has&attrUID != 0 && m.UID != uid {
			r.fail("two UIDs in one response")
		}
		m.UID = uid
		m.Has |= attrUID
	case "FLAGS":
		c.flagList()
		m.Has |= AttrFlags
	case "RFC822.SIZE":
		m.Has |= AttrSize
		if c.nothing() {
			break
		}
		n, ok := c.figure(math.MaxInt64)
		if m.Size = int64(n); !ok {
			m.Has &^= AttrSize
		}
	case "INTERNALDATE":
		c.internalDate()
	case "MODSEQ":
		if c.opens('(') {
			r.spaces()
			m.ModSeq = r.number(math.MaxInt64)
			r.spaces()
			r.expect(')')
			m.Has |= AttrModSeq
		}
	case "EMAILID":
		m.Has |= AttrEmailID
		if c.opens('(') {
			r.spaces()
			m.EmailID = string(r.str(c.o.MaxLiteral))
			r.spaces()
			r.expect(')')
		}
	case "X-GM-MSGID":
		if n, ok := c.figure(math.MaxUint64); ok {
			m.GmailMsgID = n
			m.Has |= AttrGmailMsgID
		}
	default:
		if c.noisy {
			// It may be the next line of a body whose octets were counted wrong.
			r.fail("an unknown attribute behind an empty line behind a literal")
		}
		r.value(c.o.MaxLiteral)
	}
}

// nothing takes a NIL, or another word where a value is due. The attribute has been answered then, and its message is handed out with
// a zero value: a server that knows nothing of one message must not hide it.
func (c *Conn) nothing() bool {
	b := c.r.peek()
	if b|0x20 < 'a' || b|0x20 > 'z' {
		return false
	}
	c.r.value(c.o.MaxLiteral)
	return true
}

// figure takes a number of at most max. Where something else stands, it is skipped and ok is false: what is wrong with one
// message must not cost all the others (servers have said UID 0, and sizes of -1 and 9.3e+06).
func (c *Conn) figure(max uint64) (n uint64, ok bool) {
	r := &c.r
	b := r.peek()
	ok = b >= '0' && b <= '9'
	for ; b >= '0' && b <= '9'; b = r.peek() {
		d := uint64(b - '0')
		if ok = ok && n <= (max-d)/10; ok {
			n = n*10 + d
		}
		r.pos++
	}
	if !isBlank(b) && b != ')' && !isEnd(b) {
		ok = false
		r.value(c.o.MaxLiteral)
	}
	if !ok {
		n = 0
	}
	return n, ok
}

// opens takes the octet that a value has to begin with. Another value is skipped.
func (c *Conn) opens(with byte) bool {
	switch c.r.peek() {
	case with:
		c.r.pos++
		return true
	case ')': // there is none
		return false
	}
	c.r.value(c.o.MaxLiteral)
	return false
}

func (c *Conn) flagList() {
	r, m := &c.r, &c.msg
	m.Flags = m.Flags[:0]
	if !c.opens('(') {
		return
	}
	for r.spaces(); r.peek() != ')' && r.err == nil; r.spaces() {
		m.Flags = append(m.Flags, c.intern(r.flag()))
	}
	r.expect(')')
}

// intern gives the flag as a string without allocating one for each message. System flags, which servers write in any
// case, come as goimap names them; keywords as they are.
func (c *Conn) intern(b []byte) goimap.Flag {
	if f, ok := c.flags[string(b)]; ok {
		return f
	}
	f := goimap.Flag(b)
	for _, system := range [...]goimap.Flag{goimap.FlagSeen, goimap.FlagAnswered, goimap.FlagFlagged, goimap.FlagDeleted, goimap.FlagDraft} {
		if equalFold(b, string(system)) {
			f = system
		}
	}
	if len(c.flags) < maxInterned {
		c.flags[string(b)] = f
	}
	return f
}

// internalDate reads "17-Jul-1996 02:44:25 -0700" (RFC 3501 §9, date-time). One that is written otherwise gives the zero time.
func (c *Conn) internalDate() {
	r := &c.r
	c.msg.Has |= AttrInternalDate
	if r.peek() != '"' {
		c.opens('"')
		return
	}
	r.tok = r.quoted(r.tok[:0])
	if t, ok := parseDate(r.tok); ok {
		c.msg.InternalDate = t
	}
}

// parseDate does what time.Parse does, without an allocation for each zone.
func parseDate(b []byte) (time.Time, bool) {
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if len(b) != 26 || b[2] != '-' || b[6] != '-' || b[11] != ' ' || b[14] != ':' || b[17] != ':' || b[20] != ' ' {
		return time.Time{}, false
	}
	month := 0
	for i := 0; i < 12; i++ {
		if equalFold(b[3:6], months[3*i:3*i+3]) {
			month = i + 1
		}
	}
	ok := month > 0
	digits := func(b []byte) (n int) {
		for _, d := range b {
			if d < '0' || d > '9' {
				ok = false
			}
			n = n*10 + int(d-'0')
		}
		return n
	}
	if b[0] == ' ' {
		b[0] = '0'
	}
	day, year := digits(b[0:2]), digits(b[7:11])
	hour, minute, second := digits(b[12:14]), digits(b[15:17]), digits(b[18:20])
	zone := (digits(b[22:24])*60 + digits(b[24:26])) * 60
	switch b[21] {
	case '+':
	case '-':
		zone = -zone
	default:
		ok = false
	}
	if !ok || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-zone, 0, time.UTC), true
}
