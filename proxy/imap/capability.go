package imap

import (
	"context"
	"maps"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// Capabilities gives what the server announces (RFC 3501 §6.1.1), in upper case but for IMAP4rev1 and IMAP4rev2. It asks only if
// the greeting, or the OK to the login, did not say. The set belongs to the Conn: do not change it.
func (c *Conn) Capabilities(ctx context.Context) (goimap.CapSet, error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	if c.caps != nil {
		return c.caps, nil
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if _, err := c.run(c.command("CAPABILITY")); err != nil {
		return nil, err
	}
	if c.caps == nil {
		return nil, c.fail(&ProtocolError{Text: "OK to CAPABILITY without capabilities"})
	}
	return c.caps, nil
}

// capabilities reads an untagged CAPABILITY response.
func (c *Conn) capabilities() {
	r := &c.r
	var words []string
	for !r.atEnd() {
		w := r.word(inFlag)
		if len(w) == 0 {
			r.fail("%q within capabilities", r.peek())
		}
		words = append(words, string(w))
	}
	r.endLine()
	if r.err == nil {
		c.learn(words)
	}
}

// learn replaces what is known of the server's capabilities.
func (c *Conn) learn(words []string) {
	c.saidCap = true
	c.caps = make(goimap.CapSet, len(words))
	for _, w := range words {
		w = strings.ToUpper(w)
		switch w {
		case "IMAP4REV1":
			w = string(goimap.CapIMAP4rev1)
		case "IMAP4REV2":
			w = string(goimap.CapIMAP4rev2)
		}
		if !c.ignores(w) {
			c.caps[goimap.Cap(w)] = struct{}{}
		}
	}
}

// ignores says whether a capability is not to be believed. That a server takes no password here always is: to overlook it would be to
// send one to whoever listens.
func (c *Conn) ignores(name string) bool {
	return name != string(goimap.CapLoginDisabled) && slices.ContainsFunc(c.o.Ignore, func(i string) bool { return strings.EqualFold(i, name) })
}

// Forgo goes on as if the server did not announce a capability, until restore is called; it is announced no more when the server
// names its capabilities again either.
func (c *Conn) Forgo(name goimap.Cap) (restore func()) {
	ignored, caps := c.o.Ignore, c.caps
	c.o.Ignore = append(slices.Clone(ignored), string(name))
	if c.caps != nil {
		// The set may be shared.
		c.caps = maps.Clone(c.caps)
		delete(c.caps, name)
	}
	return func() { c.o.Ignore, c.caps = ignored, caps }
}
