package demo

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	delimiter     = "/"
	delimiterRune = '/'
)

// account holds the mailboxes of one user. Its mutex guards them, their messages
// and every connection's view of them.
type account struct {
	password string // guarded by the Server's mutex

	mu        sync.Mutex
	mailboxes map[string]*mailbox
	validity  uint32 // the UIDVALIDITY given out last
}

// newAccount makes the mailboxes that a hosted account usually has. The
// sub-mailbox with an umlaut shows modified UTF-7 on the wire.
func newAccount(password string, now time.Time) *account {
	a := &account{
		password:  password,
		mailboxes: make(map[string]*mailbox),
		validity:  uint32(max(now.Unix(), 1)),
	}
	a.add("INBOX")
	a.add("Archive", imap.MailboxAttrArchive)
	a.add("Archive/Aufträge")
	a.add("Drafts", imap.MailboxAttrDrafts)
	a.add("Junk", imap.MailboxAttrJunk)
	a.add("Sent", imap.MailboxAttrSent)
	a.add("Trash", imap.MailboxAttrTrash)
	for _, b := range a.mailboxes {
		b.subscribed = true
	}
	return a
}

func (a *account) add(name string, use ...imap.MailboxAttr) *mailbox {
	b := newMailbox(a.validity, use...)
	a.validity++
	a.mailboxes[name] = b
	return b
}

// fill files letters in INBOX.
func (a *account) fill(letters []letter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range letters {
		a.mailboxes["INBOX"].add(l.octets, nil, l.date)
	}
}

// find returns the mailbox of that name or a NO with the response code that
// fits: TRYCREATE where the mailbox is a destination, else NONEXISTENT.
func (a *account) find(name string, missing imap.ResponseCode) (*mailbox, error) {
	if b := a.mailboxes[name]; b != nil {
		return b, nil
	}
	return nil, no(missing, "no such mailbox")
}

// create makes a mailbox and those above it (RFC 9051 §6.3.4).
func (a *account) create(name string, use []imap.MailboxAttr) error {
	name = strings.TrimSuffix(name, delimiter)
	if a.mailboxes[name] != nil {
		return no(imap.ResponseCodeAlreadyExists, "mailbox exists")
	}
	if err := a.makeParents(name); err != nil {
		return err
	}
	a.add(name, use...).subscribed = true
	return nil
}

func (a *account) makeParents(name string) error {
	parts := strings.Split(name, delimiter)
	if slices.Contains(parts, "") {
		return no(imap.ResponseCodeCannot, "a mailbox name has no empty part")
	}
	for i := 1; i < len(parts); i++ {
		parent := strings.Join(parts[:i], delimiter)
		if strings.EqualFold(parent, "INBOX") {
			parent = "INBOX"
		}
		if a.mailboxes[parent] == nil {
			a.add(parent)
		}
	}
	return nil
}

// remove deletes a mailbox. A connection that has it selected sees it empty.
func (a *account) remove(name string) error {
	b, err := a.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return err
	}
	if name == "INBOX" {
		return no(imap.ResponseCodeCannot, "INBOX cannot be deleted")
	}
	if len(a.children(name)) > 0 {
		return no(imap.ResponseCodeHasChildren, "mailbox has mailboxes below it")
	}
	b.expunge(slices.Clone(b.messages))
	delete(a.mailboxes, name)
	return nil
}

// rename gives a mailbox and those below it another name. INBOX stays: its
// messages move to the new mailbox (RFC 9051 §6.3.6).
func (a *account) rename(from, to string) error {
	to = strings.TrimSuffix(to, delimiter)
	b, err := a.find(from, imap.ResponseCodeNonExistent)
	if err != nil {
		return err
	}
	if a.mailboxes[to] != nil {
		return no(imap.ResponseCodeAlreadyExists, "mailbox exists")
	}
	if strings.HasPrefix(to, from+delimiter) {
		return no(imap.ResponseCodeCannot, "a mailbox cannot move below itself")
	}
	if err := a.makeParents(to); err != nil {
		return err
	}
	if from == "INBOX" {
		all := slices.Clone(b.messages)
		b.copyTo(a.add(to), all)
		b.expunge(all)
		return nil
	}
	for _, child := range a.children(from) {
		a.mailboxes[to+strings.TrimPrefix(child, from)] = a.mailboxes[child]
		delete(a.mailboxes, child)
	}
	a.mailboxes[to] = b
	delete(a.mailboxes, from)
	return nil
}

// children are the names of the mailboxes below the one named.
func (a *account) children(name string) []string {
	var children []string
	for other := range a.mailboxes {
		if strings.HasPrefix(other, name+delimiter) {
			children = append(children, other)
		}
	}
	return children
}

// names are all mailboxes, INBOX first, then in alphabetical order.
func (a *account) names() []string {
	return slices.SortedFunc(maps.Keys(a.mailboxes), func(x, y string) int {
		switch {
		case x == y:
			return 0
		case x == "INBOX":
			return -1
		case y == "INBOX":
			return 1
		}
		return strings.Compare(x, y)
	})
}

// no is a refusal for a reason of the mailbox, not of the syntax.
func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

// bad is a refusal of what no client should have sent.
func bad(text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeBad, Code: imap.ResponseCodeClientBug, Text: text}
}
