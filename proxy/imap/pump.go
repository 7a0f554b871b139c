package imap

import "math"

// asked names what the command now running has asked for. Untagged data for which it has nothing is skipped. One
// command at a time uses it; those of StartBody are found by UID instead.
type asked struct {
	listing   *listing
	search    *search
	mailboxes *[]Mailbox
	listed    int // octets of their names
	namespace *Namespace
	status    *Status
	selected  *Selected
	sawExists bool
	id        map[string]string
	copied    *CopyUID
	appended  *AppendUID
}

// step takes in one response, or what is left of one behind a body.
func (c *Conn) step(turn *Body) error {
	if err := c.Err(); err != nil {
		return err
	}
	switch {
	case c.open == nil:
		c.response()
	case c.open == turn:
		return nil
	default:
		c.setAside()
		c.fetchRest()
	}
	if c.r.err != nil {
		return c.fail(c.r.err)
	}
	return nil
}

// await steps until the command has its tagged line, and gives the refusal if that is one.
func (c *Conn) await(cmd *command) error {
	for !cmd.done {
		if err := c.step(nil); err != nil {
			return err
		}
	}
	return cmd.err
}

// awaitContinuation steps until the server asks for more, or has answered the command instead.
func (c *Conn) awaitContinuation(cmd *command) error {
	c.continuing = false
	c.wanting = cmd
	defer func() { c.wanting = nil }()
	for !c.continuing && !cmd.done {
		if err := c.step(nil); err != nil {
			return err
		}
	}
	return nil
}

// response reads one response (RFC 3501 §7).
func (c *Conn) response() {
	r := &c.r
	r.begin()
	r.emptyLines()
	switch b := r.peek(); {
	case b == '*' && c.quickRow():
	case b == '*':
		r.pos++
		c.tornRow = false
		c.untagged()
	case b == '+' && !c.tornRow:
		r.pos++
		c.continuation()
	default:
		c.tagged()
	}
}

func (c *Conn) continuation() {
	r := &c.r
	if r.peek() == ' ' {
		r.pos++
	}
	c.challenge = r.text(c.challenge[:0])
	r.endLine()
	if c.wanting == nil || c.continuing {
		r.fail("a continuation request that nobody waits for")
	}
	c.continuing = true
}

// tagged reads the end of a command. Tags are compared octet by octet: a tag that was not sent, or has been answered, is
// no answer to anything. Behind a row that was torn it is what is left of that, as any line that is no response.
func (c *Conn) tagged() {
	r := &c.r
	tag := r.word(inWord)
	var cmd *command
	for i, p := range c.pending {
		if string(tag) == p.tag {
			cmd = p
			c.pending = append(c.pending[:i], c.pending[i+1:]...)
			break
		}
	}
	switch {
	case cmd != nil:
		c.tornRow = false
	case c.tornRow:
		// The row goes on, whatever this looks like.
		c.count()
		r.rest(c.o.MaxLiteral)
		return
	default:
		r.fail("an answer to a command that is not in flight")
		return
	}
	r.gap()
	var kw [32]byte
	typ := string(r.keyword(&kw))
	switch typ {
	case "OK", "NO", "BAD":
	default:
		r.fail("neither OK, NO nor BAD behind a tag")
		return
	}
	st := c.status(typ, cmd)
	if r.err != nil {
		return
	}
	cmd.done = true
	if typ == "OK" {
		cmd.ok = st
		return
	}
	cmd.err = &st
}

func (c *Conn) untagged() {
	r := &c.r
	r.gap()
	c.count()
	if b := r.peek(); b >= '0' && b <= '9' {
		c.numbered()
		return
	}
	var kw [32]byte
	switch word := r.keyword(&kw); string(word) {
	case "OK", "NO", "BAD":
		c.status(string(word), nil)
	case "BYE":
		st := c.status("BYE", nil)
		if c.parted = c.leaving; !c.leaving {
			r.stop(&st)
		}
	case "PREAUTH":
		r.fail("PREAUTH that is not the greeting")
	case "CAPABILITY":
		c.capabilities()
	case "SEARCH":
		c.searchNumbers()
	case "ESEARCH":
		c.extendedSearch()
	case "VANISHED":
		c.vanished()
	case "LIST":
		c.listResponse()
	case "NAMESPACE":
		c.namespaceResponse()
	case "STATUS":
		c.statusResponse()
	case "ID":
		c.idResponse()
	default:
		r.rest(c.o.MaxLiteral)
	}
}

// numbered reads a response that begins with a number. It is a sequence number or a count of messages, both of 32 bits.
func (c *Conn) numbered() {
	r := &c.r
	n := uint32(r.number(math.MaxUint32))
	r.gap()
	var kw [32]byte
	switch string(r.keyword(&kw)) {
	case "FETCH":
		g := c.asked.listing
		r.row.open = g != nil && g.torn && len(c.pending) == 1
		r.gap()
		c.fetch(n)
		c.tornRow = r.mendRow(c.o.MaxLiteral)
	case "EXISTS":
		if n > c.exists {
			c.changes.Arrived += n - c.exists
		}
		c.exists = n
		c.changes.Exists = n
		if c.asked.selected != nil {
			c.asked.selected.Messages = n
			c.asked.sawExists = true
		} else {
			c.changes.Dirty = true
		}
		r.rest(c.o.MaxLiteral)
	case "EXPUNGE":
		if c.exists > 0 {
			c.exists--
		}
		c.changes.Exists = c.exists
		c.changes.Expunged++
		c.changes.Dirty = true
		r.rest(c.o.MaxLiteral)
	default:
		r.rest(c.o.MaxLiteral)
	}
}

const (
	// maxExists is how many messages a server is believed to have.
	maxExists = 10_000_000
	// maxNews bounds how many responses are taken beyond one for each of them.
	maxNews = 1_000_000
)

// count bounds the untagged responses while one answer is awaited. A server may owe us one for each message, may tell of
// each that its flags have changed and that it is gone, and a good deal unasked besides, but may not go on for ever: what
// counts is how many messages the mailbox has, and a small one is not worth a million lines. One that LIST asks for has
// a line for each mailbox too.
func (c *Conn) count() {
	c.responses++
	c.most = max(c.most, int(min(c.exists, maxExists)))
	most := c.most + max(c.o.MaxResponses, min(2*c.most, maxNews))
	if c.asked.mailboxes != nil {
		most += maxMailboxes
	}
	if c.responses > most {
		c.r.fail("more than %d untagged responses", most)
	}
}
