package imap

import (
	"context"
	"errors"

	goimap "github.com/emersion/go-imap/v2"
)

// search gathers the answer to one UID SEARCH.
type search struct {
	tag   string
	found ranges
}

// Search gives the UIDs that match (RFC 3501 §6.4.8), as ranges; where ESEARCH is announced it asks for ranges too (RFC 4731).
// criteria is written by this program, in ASCII; it must never hold what came from outside.
func (c *Conn) Search(ctx context.Context, criteria string) (goimap.UIDSet, error) {
	return c.search(ctx, func(l *line) { l.ours("search criteria", criteria) })
}

// SearchFor is Search for criteria with what came from outside.
func (c *Conn) SearchFor(ctx context.Context, criteria Criteria) (goimap.UIDSet, error) {
	return c.search(ctx, criteria.write)
}

func (c *Conn) search(ctx context.Context, criteria func(*line)) (goimap.UIDSet, error) {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	l := c.command("UID SEARCH")
	if caps.Has(goimap.CapESearch) {
		l.raw(" RETURN (ALL)")
	}
	criteria(l)
	s := search{tag: l.tag}
	c.asked = asked{search: &s}
	defer c.askedNothing()
	if _, err := c.run(l); err != nil {
		return nil, err
	}
	return s.found.sorted(), nil
}

// behind is a search that is in flight behind a SELECT.
type behind struct {
	cmd    *command // nil: there is none
	search search
}

// searchBehind sends a search without waiting for anything; nothing where there is none, or it has to wait for the server before a literal.
func (c *Conn) searchBehind(criteria *Criteria, caps goimap.CapSet) (b behind, err error) {
	if criteria == nil {
		return b, nil
	}
	l := c.command("UID SEARCH")
	if caps.Has(goimap.CapESearch) {
		l.raw(" RETURN (ALL)")
	}
	criteria.write(l)
	if len(l.waits) > 0 || l.err != nil {
		return b, nil // asked for alone it gets its turn, or its error
	}
	b.search.tag = l.tag
	b.cmd, err = c.send(l)
	return b, err
}

// foundBehind awaits what a search behind a SELECT has found, nil where the server has refused it.
func (c *Conn) foundBehind(b behind) (*goimap.UIDSet, error) {
	if b.cmd == nil {
		return nil, nil
	}
	c.asked = asked{search: &b.search}
	var refused *StatusError
	switch err := c.await(b.cmd); {
	case errors.As(err, &refused) && c.Err() == nil:
		return nil, nil
	case err != nil:
		return nil, err
	}
	found := b.search.found.sorted()
	return &found, nil
}

// searchNumbers reads SEARCH (RFC 3501 §7.2.5), which may have a MODSEQ at its end (RFC 7162 §3.1.5).
func (c *Conn) searchNumbers() {
	if c.asked.search == nil {
		// Nobody asked, but the length of the line is bounded as if someone had.
		c.numbersInto(new(ranges))
		return
	}
	c.numbersInto(&c.asked.search.found)
}

func (c *Conn) numbersInto(g *ranges) {
	r := &c.r
	for !r.atEnd() {
		if r.peek() == '(' {
			r.value(c.o.MaxLiteral)
			continue
		}
		n := r.number32()
		if !c.addNumber(g, n, n) {
			return
		}
	}
	r.endLine()
}

// extendedSearch reads ESEARCH (RFC 4731 §3.1). It is taken only with the tag of the search that is waiting.
func (c *Conn) extendedSearch() {
	r := &c.r
	s := c.asked.search
	mine, byUID := s != nil, false
	for !r.atEnd() {
		if r.peek() == '(' {
			r.pos++
			var kw [32]byte
			r.keyword(&kw)
			r.gap()
			tag := r.str(c.o.MaxLiteral)
			mine = mine && string(tag) == s.tag
			r.expect(')')
			continue
		}
		var kw [32]byte
		switch string(r.keyword(&kw)) {
		case "UID":
			byUID = true
		case "ALL":
			r.gap()
			if mine && !byUID {
				// Taken for UIDs, sequence numbers would name other messages.
				r.fail("sequence numbers in answer to UID SEARCH")
				return
			}
			into := new(ranges)
			if mine {
				into = &s.found
			}
			c.rangesInto(into)
		default:
			r.gap()
			r.value(c.o.MaxLiteral)
		}
	}
	r.endLine()
}
