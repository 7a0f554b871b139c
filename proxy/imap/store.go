package imap

import (
	"context"
	"slices"

	goimap "github.com/emersion/go-imap/v2"
)

// CopyUID is where messages went (RFC 4315 §3); its zero value: the server did not say. The sets are in ascending order.
type CopyUID struct {
	UIDValidity  uint32
	Source, Dest goimap.UIDSet
}

// Store adds flags to messages, or takes them away, without being told the result (RFC 3501 §6.4.6, .SILENT). Flags are written by this
// program. A set too long for one command goes as several: after an error some of it may have been done. Messages that do not exist are no error.
func (c *Conn) Store(ctx context.Context, set goimap.UIDSet, add bool, flags ...goimap.Flag) error {
	return c.change(ctx, set, func(text string) *line {
		sign := " -FLAGS.SILENT ("
		if add {
			sign = " +FLAGS.SILENT ("
		}
		l := c.command("UID STORE").raw(" " + text + sign)
		for i, f := range flags {
			sep := " "
			if i == 0 {
				sep = ""
			}
			l.atom("flag", sep, string(f))
		}
		return l.raw(")")
	})
}

// Copy copies messages to a mailbox given in wire form (RFC 3501 §6.4.7). What was said of Store about several commands holds here too.
func (c *Conn) Copy(ctx context.Context, set goimap.UIDSet, mailbox string) (CopyUID, error) {
	return c.transfer(ctx, "UID COPY", set, mailbox)
}

// Move moves messages (RFC 6851). Ask only where MOVE is announced.
func (c *Conn) Move(ctx context.Context, set goimap.UIDSet, mailbox string) (CopyUID, error) {
	return c.transfer(ctx, "UID MOVE", set, mailbox)
}

// Expunge removes those messages of the set that have \Deleted (UID EXPUNGE, RFC 4315 §2.1). Ask only where UIDPLUS is announced.
func (c *Conn) Expunge(ctx context.Context, set goimap.UIDSet) error {
	return c.change(ctx, set, func(text string) *line {
		return c.command("UID EXPUNGE").raw(" " + text)
	})
}

func (c *Conn) transfer(ctx context.Context, verb string, set goimap.UIDSet, mailbox string) (CopyUID, error) {
	var copied CopyUID
	c.asked = asked{copied: &copied}
	defer c.askedNothing()
	err := c.change(ctx, set, func(text string) *line {
		return c.command(verb).raw(" "+text).str("mailbox name", mailbox)
	})
	return copied, err
}

// change runs a command for each piece of the set, one after the other, until one is refused.
func (c *Conn) change(ctx context.Context, set goimap.UIDSet, command func(text string) *line) error {
	if !static(set) {
		return ErrDynamicSet
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for _, text := range setTexts(set) {
		c.responses = 0
		c.limit()
		if _, err := c.run(command(text)); err != nil {
			return err
		}
	}
	return nil
}

// copyUID reads the values of COPYUID as far as they can be read. The tagged OK says whether messages went, this only where they are now:
// Exchange leaves out a set, or both, and what makes no sense is as good as not said. A target whose UIDVALIDITY changes between two commands
// leaves no mapping to trust.
func (c *Conn) copyUID() {
	validity, ok := c.saidNumber()
	var source, dest ranges
	a := c.asked.copied
	if a != nil && a.UIDValidity == validity {
		source.set, dest.set = slices.Clone(a.Source), slices.Clone(a.Dest)
		source.mixed, dest.mixed = true, true
	}
	ok = ok && c.saidSet(&source) && c.saidSet(&dest) && c.r.peek() == ']'
	if a != nil && ok && len(source.set)+len(dest.set) <= c.o.MaxNumbers {
		*a = CopyUID{UIDValidity: validity, Source: source.sorted(), Dest: dest.sorted()}
	}
}

// saidNumber takes a blank and a number of 32 bits above zero, where that is next. Otherwise nothing is wrong with the response.
func (c *Conn) saidNumber() (uint32, bool) {
	if c.r.peek() != ' ' {
		return 0, false
	}
	c.r.pos++
	return c.r.perhaps32()
}

// saidSet is saidNumber for a set.
func (c *Conn) saidSet(g *ranges) bool {
	r := &c.r
	if r.peek() != ' ' {
		return false
	}
	for {
		r.pos++ // the blank, or a comma
		lo, ok := r.perhaps32()
		hi := lo
		if ok && r.peek() == ':' {
			r.pos++
			hi, ok = r.perhaps32()
		}
		if g.number++; !ok || g.number > c.o.MaxNumbers {
			return false
		}
		g.add(lo, hi)
		if r.relax(); r.peek() != ',' {
			return true
		}
	}
}
