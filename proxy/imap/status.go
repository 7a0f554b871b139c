package imap

import (
	"math"
	"strconv"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// status reads what follows OK, NO, BAD, BYE or PREAUTH (RFC 3501 §7.1) and does what its code says. cmd is the command
// that the line answers, nil if it is untagged.
func (c *Conn) status(typ string, cmd *command) StatusError {
	r := &c.r
	st := StatusError{Type: typ}
	r.spaces()
	if r.peek() == '[' {
		r.pos++
		r.spaces()
		name := r.word(inCode)
		st.Code = goimap.ResponseCode(strings.ToUpper(string(name)))
		if st.Code == "COPYUID" && r.peek() == ' ' {
			// The only code that grows with the number of messages is read as it comes.
			c.copyUID()
			name = []byte("COPYUID")
		}
		splitCode(&st, string(name), string(r.text(nil)))
	} else {
		st.Text = string(r.text(nil))
	}
	r.endLine()
	if r.err != nil {
		return st
	}
	st.Text, st.Arg = c.redact(st.Text), c.redact(st.Arg)
	c.applyCode(&st)
	if c.o.Alert != nil && (st.Code == goimap.ResponseCodeAlert || cmd == nil && (typ == "NO" || typ == "BAD")) {
		c.o.Alert(harmless(st.Text))
	}
	return st
}

// splitCode cuts "arg] text" behind a code's name. A ']' within parentheses or quotes does not end the code, since flags
// hold it; but where no other is found, the first one does. Without any the line has no code.
func splitCode(st *StatusError, name, rest string) {
	end, depth, quoted := -1, 0, false
	for i := 0; i < len(rest) && end < 0; i++ {
		switch b := rest[i]; {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '(':
			depth++
		case b == ')':
			depth--
		case b == ']' && depth <= 0:
			end = i
		}
	}
	if end < 0 {
		end = strings.IndexByte(rest, ']')
	}
	if end < 0 {
		st.Code, st.Text = "", "["+name+rest
		return
	}
	st.Arg = strings.TrimSpace(rest[:end])
	st.Text = strings.TrimLeft(rest[end+1:], " ")
}

// applyCode takes over what a code tells, if it has been asked for.
func (c *Conn) applyCode(st *StatusError) {
	if st.Code == "CAPABILITY" {
		c.learn(strings.Fields(st.Arg))
		return
	}
	if a := c.asked.appended; a != nil && st.Code == "APPENDUID" {
		// The tagged OK decides, so what cannot be read is as good as not said. A set of several is the answer to MULTIAPPEND, which we never send.
		before, after, _ := strings.Cut(st.Arg, " ")
		validity, err := strconv.ParseUint(before, 10, 32)
		uid, uerr := strconv.ParseUint(after, 10, 32)
		if err == nil && uerr == nil {
			a.UIDValidity, a.UID = uint32(validity), goimap.UID(uid)
		}
		return
	}
	s := c.asked.selected
	if s == nil {
		return
	}
	switch st.Code {
	case "CLOSED":
		// All that came before belongs to the mailbox that was selected until now (RFC 7162 §3.2.11).
		*s = Selected{ReadOnly: s.ReadOnly}
		c.asked.sawExists = false
	case "UIDVALIDITY":
		s.UIDValidity = uint32(c.codeNumber(st.Arg, math.MaxUint32))
	case "UIDNEXT":
		s.UIDNext = goimap.UID(c.codeNumber(st.Arg, math.MaxUint32))
	case "HIGHESTMODSEQ":
		s.HighestModSeq = c.codeNumber(st.Arg, math.MaxInt64)
	case "NOMODSEQ":
		s.HighestModSeq = 0
	case "PERMANENTFLAGS":
		s.PermanentFlagsSaid = true
		s.PermanentFlags = s.PermanentFlags[:0]
		for _, f := range strings.Fields(unparenthesised(st.Arg)) {
			s.PermanentFlags = append(s.PermanentFlags, c.intern([]byte(f)))
		}
	case "MAILBOXID":
		s.MailboxID = unparenthesised(st.Arg)
	case "READ-ONLY":
		s.ReadOnly = true
	case "READ-WRITE":
		s.ReadOnly = false
	}
}

func unparenthesised(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s, "("), ")")
}

// codeNumber is the number that a code carries. One that is none, or is too large, is a protocol error: to go on with 0
// would mean that the server had said nothing.
func (c *Conn) codeNumber(s string, max uint64) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > max {
		c.r.fail("a response code with %.40q where a number is due", s)
		return 0
	}
	return n
}
