package imap

import (
	"context"
	"errors"
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
	_, err = c.run(c.command("CAPABILITY"))
	var refused *StatusError
	if c.caps == nil && c.earlier != nil && (err == nil || errors.As(err, &refused) && c.Err() == nil) {
		// Who tells them before the login alone means them behind it too.
		c.caps = c.earlier
		return c.caps, nil
	}
	if err != nil {
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
		c.caps[goimap.Cap(w)] = struct{}{}
	}
	for _, name := range c.o.Ignore {
		if name = strings.ToUpper(name); !overlooked(name) {
			continue
		}
		c.caps = Without(c.caps, goimap.Cap(name))
	}
}

// overlooked says whether a capability can be left unbelieved. That a server takes no password here cannot: to overlook it would be to
// send one to whoever listens.
func overlooked(name string) bool { return name != string(goimap.CapLoginDisabled) }

// used are the capabilities that others may imply and that this program looks at.
var used = []goimap.Cap{goimap.CapNamespace, goimap.CapUIDPlus, goimap.CapMove, goimap.CapESearch, goimap.CapListExtended, goimap.CapSASLIR, goimap.CapCondStore, goimap.CapEnable}

// Without gives a set of capabilities that does not hold one of them, nor what implies it: IMAP4rev2 implies a dozen, QRESYNC implies
// CONDSTORE. What else that implies stays.
func Without(caps goimap.CapSet, name goimap.Cap) goimap.CapSet {
	less := make(goimap.CapSet, len(caps))
	for c := range caps {
		implies := goimap.CapSet{c: {}}
		if !implies.Has(name) {
			less[c] = struct{}{}
			continue
		}
		for _, other := range used {
			if other != name && other != c && implies.Has(other) {
				less[other] = struct{}{}
			}
		}
	}
	return less
}

// Forgo goes on as if the server did not announce a capability, until restore is called; it is announced no more when the server
// names its capabilities again either.
func (c *Conn) Forgo(name goimap.Cap) (restore func()) {
	ignored, caps := c.o.Ignore, c.caps
	c.o.Ignore = append(slices.Clone(ignored), string(name))
	if c.caps != nil {
		c.caps = Without(c.caps, name) // the set may be shared
	}
	return func() { c.o.Ignore, c.caps = ignored, caps }
}
