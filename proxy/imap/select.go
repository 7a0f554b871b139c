package imap

import (
	"context"
	"math"

	goimap "github.com/emersion/go-imap/v2"
)

// SelectOptions says how to select. CondStore needs its capability (RFC 7162).
type SelectOptions struct {
	ReadOnly  bool // EXAMINE
	CondStore bool
	// Search is sent in the same flight, where it can go without waiting for the server; nil: none.
	Search *Criteria
	// Ahead is sent in the same flight, behind Search; nil: none.
	Ahead *Ahead
}

// Selected is what a server tells of a mailbox when it is selected (RFC 3501 §6.3.1).
type Selected struct {
	Messages           uint32
	UIDValidity        uint32     // 0: not said
	UIDNext            goimap.UID // 0: not said
	HighestModSeq      uint64     // 0: not said, or NOMODSEQ
	PermanentFlags     []goimap.Flag
	PermanentFlagsSaid bool
	ReadOnly           bool
	MailboxID          string // RFC 8474, empty: not said
	// Found is what SelectOptions.Search has found; nil where nothing was searched, or the server has refused it.
	Found *goimap.UIDSet
}

// Select selects a mailbox. After a refusal none is selected.
func (c *Conn) Select(ctx context.Context, mailbox string, o SelectOptions) (*Selected, error) {
	var caps goimap.CapSet
	if o.Search != nil {
		var err error
		if caps, err = c.Capabilities(ctx); err != nil {
			return nil, err
		}
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	verb := "SELECT"
	if o.ReadOnly {
		verb = "EXAMINE"
	}
	l := c.command(verb).str("mailbox name", mailbox)
	if o.CondStore {
		l.raw(" (CONDSTORE)")
	}
	s := &Selected{ReadOnly: o.ReadOnly}
	c.exists = 0
	c.asked = asked{selected: s}
	defer c.askedNothing()
	var cmd *command
	var seeking behind
	var ahead fetching
	flight := func() (err error) {
		if cmd, err = c.send(l); err != nil {
			return err
		}
		if seeking, err = c.searchBehind(o.Search, caps); err != nil {
			return err
		}
		ahead, err = c.fetchBehind(o.Ahead)
		return err
	}
	if len(l.waits) == 0 {
		err = c.atOnce(flight)
	} else {
		err = flight()
	}
	if err != nil {
		return nil, err
	}
	if err := c.await(cmd); err != nil {
		return nil, settled(c, []*command{seeking.cmd, ahead.cmd}, err)
	}
	if !c.asked.sawExists {
		// To go on with 0 would show an empty mailbox where there may be a full one.
		return nil, c.fail(&ProtocolError{Text: "OK to " + verb + " without EXISTS"})
	}
	c.changes = Changes{Exists: c.exists}
	if s.Found, err = c.foundBehind(seeking); err == nil {
		c.readAhead(ahead, s)
	}
	return s, err
}

// vanished reads VANISHED (RFC 7162 §3.2.10): EXPUNGE by UID, or with EARLIER, which we never ask for, of messages that were not counted any more.
func (c *Conn) vanished() {
	r := &c.r
	r.gap()
	earlier := r.peek() == '('
	if earlier {
		r.value(c.o.MaxLiteral)
		r.gap()
	}
	var g ranges
	c.rangesInto(&g)
	r.endLine()
	if r.err != nil {
		return
	}
	c.changes.Expunged++
	c.changes.Dirty = true
	if earlier {
		return
	}
	for _, v := range g.sorted() {
		c.exists -= uint32(min(uint64(v.Stop)-uint64(v.Start)+1, uint64(c.exists)))
	}
	c.changes.Exists = c.exists
}

// Status is what STATUS tells of a mailbox that is not selected (RFC 3501 §6.3.10); 0: not said.
type Status struct {
	Messages      uint32
	UIDNext       goimap.UID
	UIDValidity   uint32
	HighestModSeq uint64 // 0, too, for a mailbox without (RFC 7162 §3.1.2.2)
	// Visited is what SELECT has said behind it, and its search has found; nil: nothing, or nobody asked.
	Visited *Selected

	name string // as the server writes it
}

// Status asks for MESSAGES, UIDNEXT and UIDVALIDITY.
func (c *Conn) Status(ctx context.Context, mailbox string) (*Status, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	l := c.command("STATUS").str("mailbox name", mailbox).raw(" (MESSAGES UIDNEXT UIDVALIDITY)")
	var s Status
	c.asked = asked{status: &s}
	defer c.askedNothing()
	if _, err := c.run(l); err != nil {
		return nil, err
	}
	if s.name = ""; s == (Status{}) {
		return nil, c.fail(&ProtocolError{Text: "OK to STATUS without an answer"})
	}
	return &s, nil
}

// statusResponse reads a STATUS response. The name in it is not compared: servers write the same mailbox in several ways.
func (c *Conn) statusResponse() {
	r := &c.r
	s := c.asked.status
	if s == nil {
		r.rest(c.o.MaxLiteral)
		return
	}
	r.gap()
	s.name = string(r.str(c.o.MaxLiteral))
	r.spaces()
	r.expect('(')
	for r.spaces(); r.peek() != ')' && r.err == nil; r.spaces() {
		var kw [32]byte
		item := r.keyword(&kw)
		r.gap()
		switch string(item) {
		case "MESSAGES":
			s.Messages = uint32(r.number(math.MaxUint32))
		case "UIDNEXT":
			s.UIDNext = goimap.UID(r.number(math.MaxUint32))
		case "UIDVALIDITY":
			s.UIDValidity = uint32(r.number(math.MaxUint32))
		case "HIGHESTMODSEQ":
			s.HighestModSeq = r.number(math.MaxInt64)
		default:
			r.value(c.o.MaxLiteral)
		}
	}
	r.expect(')')
	r.endLine()
}
