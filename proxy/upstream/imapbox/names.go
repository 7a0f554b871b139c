package imapbox

import (
	"context"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
)

// nameKey is whose mailbox names are remembered.
type nameKey struct{ upstream, account string }

// maxNames bounds how many accounts' names are remembered.
const maxNames = 100_000

// names is what one LIST has told of an account, so that later logins need not
// ask again. Names are in wire form.
type names struct {
	prefix    string // of personal mailboxes, such as "INBOX."
	delimiter rune   // 0: the hierarchy is flat
	special   map[goimap.MailboxAttr]string
	usual     map[goimap.MailboxAttr]string // by their names, where no attribute says it
	all       map[string]struct{}           // nil where there are too many to remember
}

// maxListed bounds the mailboxes of one account that are remembered.
const maxListed = 1000

// listNames asks for the account's namespace and mailboxes. Attributes of
// special use stand in a plain LIST too on servers that do not announce them
// (Exchange), so they are read wherever they are.
//
// Neither the namespace nor RETURN (SPECIAL-USE) is needed to serve a maildrop:
// where a server refuses them, names go without a prefix but what they show of one, and
// LIST alone has to do.
func listNames(ctx context.Context, c *connection) (names, error) {
	boxes, ns, err := listWithNamespace(ctx, c)
	if err == nil && ns.Refused != nil && c.introduced(ctx, ns.Refused) {
		boxes, ns, err = listWithNamespace(ctx, c)
	}
	if err != nil {
		return names{}, err
	}
	if ns.Refused != nil {
		_, lasting := refusesExtension(ns.Refused)
		c.forgo(goimap.CapNamespace)
		c.sayForgone(goimap.CapNamespace, lasting, ns.Refused)
		ns.Prefix = likelyPrefix(boxes)
	}
	return namesOf(ns.Prefix, boxes), nil
}

// listWithNamespace asks for both in one flight.
func listWithNamespace(ctx context.Context, c *connection) (boxes []imap.Mailbox, ns imap.Namespace, err error) {
	err = c.insist(ctx, goimap.CapListExtended, func() (err error) {
		ns = imap.Namespace{}
		o := imap.ListOptions{SpecialUse: c.caps.Has(goimap.CapSpecialUse)}
		if c.caps.Has(goimap.CapNamespace) {
			o.Namespace = &ns
		}
		boxes, err = c.wire.List(ctx, "", "*", o)
		return err
	})
	return boxes, ns, err
}

// likelyPrefix is what the names of personal mailboxes most likely begin with, where
// the server does not say: a bin that is made elsewhere would be refused on a server
// such as Courier, which keeps all mailboxes below INBOX.
func likelyPrefix(boxes []imap.Mailbox) (prefix string) {
	for _, b := range boxes {
		if strings.EqualFold(b.Name, "INBOX") {
			continue
		}
		below := "INBOX" + string(b.Delimiter)
		if b.Delimiter == 0 || len(b.Name) <= len(below) || !strings.EqualFold(b.Name[:len(below)], below) {
			return ""
		}
		prefix = b.Name[:len(below)]
	}
	return prefix
}

// namesOf sorts what LIST has told. Where several mailboxes claim one special use, the
// one with a name that is customary for it has it; one whose name is customary for
// another use has it only where no mailbox is called as this one's are. Cyrus 3.6 says
// of some accounts that Archive is \Trash and Junk is \Archive, beside a Trash that is
// \Trash: what a device deletes would lie where nobody looks for it.
func namesOf(prefix string, boxes []imap.Mailbox) names {
	n := names{prefix: prefix, special: make(map[goimap.MailboxAttr]string), usual: make(map[goimap.MailboxAttr]string), all: make(map[string]struct{})}
	ranks, claims := make(map[goimap.MailboxAttr]int), make(map[goimap.MailboxAttr]claim)
	for _, b := range boxes {
		if !selectable(b) {
			continue
		}
		if b.Delimiter != 0 {
			n.delimiter = b.Delimiter
		}
		if len(n.all) < maxListed {
			n.all[b.Name] = struct{}{}
		}
		if use, rank, ok := customaryUse(n.prefix, b.Name); ok {
			if best, twice := ranks[use]; !twice || rank < best {
				n.usual[use], ranks[use] = b.Name, rank
			}
		}
		for _, attr := range b.Attributes {
			if customary[attr] == nil {
				continue
			}
			c := claimOf(n.prefix, b.Name, attr)
			if best, twice := claims[attr]; !twice || c < best {
				n.special[attr], claims[attr] = b.Name, c
			}
		}
	}
	for use, name := range n.usual {
		if claims[use] == claimForeign {
			n.special[use] = name
		}
	}
	return n
}

// claim is how much a mailbox's name speaks for the special use that a server says it
// has, the best first.
type claim uint8

const (
	claimOwn     claim = iota // it is customary for that use
	claimNeutral              // it is customary for none
	claimForeign              // it is customary for another
)

func claimOf(prefix, name string, attr goimap.MailboxAttr) claim {
	switch use, _, ok := customaryUse(prefix, name); {
	case !ok:
		return claimNeutral
	case use == attr:
		return claimOwn
	}
	return claimForeign
}

func selectable(b imap.Mailbox) bool {
	return !slices.Contains(b.Attributes, goimap.MailboxAttrNoSelect) && !slices.Contains(b.Attributes, goimap.MailboxAttrNonExistent)
}

// find gives the mailbox that an operator means: a name, or a special use such
// as "\Junk". exists is false where it has to be made first.
func (n names) find(wanted string) (name string, exists bool, err error) {
	if !strings.HasPrefix(wanted, `\`) {
		return n.named(wanted)
	}
	use := canonicalUse(wanted)
	if name, ok := n.special[use]; ok {
		return name, true, nil
	}
	if name, ok := n.usual[use]; ok {
		return name, true, nil
	}
	if list := customary[use]; list != nil {
		return n.prefix + list[0], false, nil
	}
	return n.named(strings.TrimPrefix(wanted, `\`))
}

// named looks for a mailbox by its name, then below the personal namespace.
func (n names) named(wanted string) (string, bool, error) {
	wire, err := imap.EncodeMailbox(wanted)
	if err != nil {
		return "", false, err
	}
	if strings.EqualFold(wire, "INBOX") {
		return "INBOX", true, nil
	}
	if _, ok := n.all[wire]; ok {
		return wire, true, nil
	}
	if n.prefix == "" || strings.HasPrefix(wire, n.prefix) {
		return wire, false, nil
	}
	_, ok := n.all[n.prefix+wire]
	return n.prefix + wire, ok, nil
}

func canonicalUse(s string) goimap.MailboxAttr {
	for attr := range customary {
		if strings.EqualFold(string(attr), s) {
			return attr
		}
	}
	return goimap.MailboxAttr(s)
}

// accountNames gives what is known of an account's mailboxes, asking once.
func (p *Pool) accountNames(ctx context.Context, c *connection, req backend.Request) (names, error) {
	key := nameKey{req.Upstream.Name, req.Account}
	p.mu.Lock()
	n, ok := p.names[key]
	p.mu.Unlock()
	if ok {
		return n, nil
	}
	n, err := listNames(ctx, c)
	c.lessons.listed(err == nil && !c.lacksForNow(goimap.CapNamespace, goimap.CapListExtended))
	if err != nil {
		return n, err
	}
	p.keepNames(c, req, n)
	return n, nil
}

// keepNames remembers an account's mailboxes, unless something was refused for now that
// tells more of them.
func (p *Pool) keepNames(c *connection, req backend.Request, n names) {
	if c.lacksForNow(goimap.CapNamespace, goimap.CapListExtended) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.names) >= maxNames {
		clear(p.names)
	}
	p.names[nameKey{req.Upstream.Name, req.Account}] = n
}

// forgetNames makes the next login ask again, after a mailbox was made or was
// not where it used to be.
func (p *Pool) forgetNames(req backend.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.names, nameKey{req.Upstream.Name, req.Account})
}
