package imap

import (
	"cmp"
	"context"
	"errors"
	"unicode/utf8"

	goimap "github.com/emersion/go-imap/v2"
)

// What one LIST may give: more mailboxes, or longer names, than any account has.
const (
	maxMailboxes     = 100_000
	maxMailboxOctets = 16 << 20
)

// Mailbox is one line of LIST (RFC 3501 §7.2.2). Name is as on the wire, for use in commands; see DecodeMailbox. Delimiter is 0 in a flat hierarchy.
type Mailbox struct {
	Name       string
	Delimiter  rune
	Attributes []goimap.MailboxAttr
}

// ListOptions says what LIST should give besides names. Servers such as Exchange send the attributes of special use
// without announcing SPECIAL-USE, so read them in any case.
type ListOptions struct {
	SpecialUse bool // RETURN (SPECIAL-USE), where SPECIAL-USE and LIST-EXTENDED are announced (RFC 6154 §3)
	// Namespace is asked for in the same round trip, where it is not nil; set it only where NAMESPACE is announced. Its refusal stands in it.
	Namespace *Namespace
}

// List gives the mailboxes that match, at most 100,000. reference and pattern are in wire form.
func (c *Conn) List(ctx context.Context, reference, pattern string, o ListOptions) ([]Mailbox, error) {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var found []Mailbox
	c.asked = asked{mailboxes: &found, namespace: o.Namespace}
	defer c.askedNothing()
	var namespace *command
	if o.Namespace != nil {
		if namespace, err = c.send(c.command("NAMESPACE")); err != nil {
			return nil, err
		}
	}
	l := c.command("LIST").str("reference", reference).str("pattern", pattern)
	if o.SpecialUse && caps.Has(goimap.CapSpecialUse) && caps.Has(goimap.CapListExtended) {
		l.raw(" RETURN (SPECIAL-USE)")
	}
	_, err = c.run(l)
	if namespace != nil {
		var refused *StatusError
		switch nerr := c.await(namespace); {
		case errors.As(nerr, &refused) && c.Err() == nil:
			o.Namespace.Refused = refused
		case nerr != nil:
			err = cmp.Or(err, nerr)
		}
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// listResponse reads a LIST response. What follows the name is extended data that we do not ask for.
func (c *Conn) listResponse() {
	r := &c.r
	if c.asked.mailboxes == nil {
		r.rest(c.o.MaxLiteral)
		return
	}
	var m Mailbox
	r.gap()
	r.expect('(')
	for r.spaces(); r.peek() != ')' && r.err == nil; r.spaces() {
		m.Attributes = append(m.Attributes, mailboxAttribute(r.flag()))
	}
	r.expect(')')
	r.gap()
	m.Delimiter = c.delimiter()
	r.gap()
	m.Name = string(r.str(c.o.MaxLiteral))
	r.rest(c.o.MaxLiteral)
	c.asked.listed += len(m.Name) + 1
	for _, attr := range m.Attributes {
		c.asked.listed += len(attr) + 1
	}
	if len(*c.asked.mailboxes) >= maxMailboxes || c.asked.listed > maxMailboxOctets {
		r.fail("more than %d mailboxes, or more than %d octets of names", maxMailboxes, maxMailboxOctets)
	}
	if r.err == nil {
		*c.asked.mailboxes = append(*c.asked.mailboxes, m)
	}
}

// delimiter reads NIL, which gives 0, or one character in quotes.
func (c *Conn) delimiter() rune {
	r := &c.r
	if r.peek() != '"' {
		r.word(inWord)
		return 0
	}
	r.tok = r.quoted(r.tok[:0])
	d, n := utf8.DecodeRune(r.tok)
	if n == 0 {
		return 0
	}
	return d
}

// flag takes one flag or attribute.
func (r *reader) flag() []byte {
	w := r.word(inFlag)
	if len(w) == 0 {
		r.fail("%q where a flag is due", r.peek())
	}
	return w
}

// knownAttributes are those that callers compare with; servers write them in any case.
var knownAttributes = [...]goimap.MailboxAttr{
	goimap.MailboxAttrNonExistent, goimap.MailboxAttrNoInferiors, goimap.MailboxAttrNoSelect, goimap.MailboxAttrHasChildren,
	goimap.MailboxAttrHasNoChildren, goimap.MailboxAttrMarked, goimap.MailboxAttrUnmarked, goimap.MailboxAttrSubscribed,
	goimap.MailboxAttrRemote, goimap.MailboxAttrAll, goimap.MailboxAttrArchive, goimap.MailboxAttrDrafts, goimap.MailboxAttrFlagged,
	goimap.MailboxAttrJunk, goimap.MailboxAttrSent, goimap.MailboxAttrTrash, goimap.MailboxAttrImportant,
}

func mailboxAttribute(b []byte) goimap.MailboxAttr {
	for _, known := range knownAttributes {
		if equalFold(b, string(known)) {
			return known
		}
	}
	return goimap.MailboxAttr(b)
}

// equalFold compares without regard to the case of ASCII letters, and without allocation.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, x := range b {
		y := s[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// Namespace is the first personal namespace (RFC 2342): what the names of a user's own mailboxes begin with, in wire
// form, such as "INBOX." on Courier, and the delimiter, 0 in a flat hierarchy.
type Namespace struct {
	Prefix    string
	Delimiter rune
	Refused   *StatusError // NO or BAD to the question; nil: none
}

// namespaceResponse reads ((prefix delimiter …)…) or NIL, and skips the namespaces of others.
func (c *Conn) namespaceResponse() {
	r := &c.r
	r.spaces()
	if c.asked.namespace != nil && r.peek() == '(' {
		r.pos++
		r.spaces()
		r.expect('(')
		r.spaces()
		prefix := string(r.str(c.o.MaxLiteral))
		r.gap()
		*c.asked.namespace = Namespace{Prefix: prefix, Delimiter: c.delimiter()}
	}
	r.rest(c.o.MaxLiteral)
}

// Create makes a mailbox; use, such as \Trash, is named to the server where it announces CREATE-SPECIAL-USE (RFC 6154
// §3), and left out elsewhere or if empty.
func (c *Conn) Create(ctx context.Context, mailbox string, use goimap.MailboxAttr) error {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	l := c.command("CREATE").str("mailbox name", mailbox)
	if use != "" && caps.Has(goimap.CapCreateSpecialUse) {
		l.raw(" (USE (").atom("special use", "", string(use)).raw("))")
	}
	_, err = c.run(l)
	return err
}
