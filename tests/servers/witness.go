package servers

import (
	"fmt"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Witness is another IMAP client of a mailbox: it puts messages there, changes
// them behind the proxy's back, and says what is really there. It is built on
// go-imap's client, of which the proxy uses nothing.
//
// Whatever goes wrong in a method ends the test, so methods are called by the
// test's own goroutine. Mailboxes are named in UTF-8 as the server names them,
// with its prefix and its separator. Each method looks anew, so that it sees what
// others did before; looking sets no flag and takes no \Recent.
type Witness struct {
	// Client is the connection, for what has no method here.
	Client *imapclient.Client

	t testing.TB
}

// Dial logs in at an address that begins in plain text, such as Server.IMAP. The
// connection ends with the test.
func Dial(t testing.TB, addr, login, password string) *Witness {
	t.Helper()
	return dial(t, addr, login, func(c *imapclient.Client) error { return c.Login(login, password).Wait() })
}

func dial(t testing.TB, addr, login string, logIn func(*imapclient.Client) error) *Witness {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	w := &Witness{t: t, Client: imapclient.New(quick{conn.(*net.TCPConn)}, nil)}
	t.Cleanup(func() { w.Client.Close() }) // the server may have gone before; both is well
	if err := logIn(w.Client); err != nil {
		t.Fatalf("login as %s: %v", login, err)
	}
	// Some servers announce more after login; asking settles what go-imap believes.
	_, err = w.Client.Capability().Wait()
	w.must(err, "CAPABILITY")
	return w
}

// Logout ends the connection before the test does.
func (w *Witness) Logout() {
	w.t.Helper()
	w.must(w.Client.Logout().Wait(), "LOGOUT")
}

func (w *Witness) must(err error, format string, args ...any) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
}

// examine opens a mailbox so that looking changes nothing.
func (w *Witness) examine(mailbox string) *imap.SelectData {
	w.t.Helper()
	data, err := w.Client.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
	w.must(err, "EXAMINE %s", mailbox)
	return data
}

// UIDs are the messages of a mailbox, in ascending order.
func (w *Witness) UIDs(mailbox string) []imap.UID {
	w.t.Helper()
	w.examine(mailbox)
	return w.search(mailbox)
}

func (w *Witness) search(mailbox string) []imap.UID {
	w.t.Helper()
	data, err := w.Client.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	w.must(err, "UID SEARCH in %s", mailbox)
	var uids []imap.UID
	if set, ok := data.All.(imap.UIDSet); ok {
		for _, r := range set {
			// UIDSet.Nums would not end at the largest UID.
			for uid := r.Start; ; uid++ {
				uids = append(uids, uid)
				if uid == r.Stop {
					break
				}
			}
		}
	}
	slices.Sort(uids)
	return uids
}

// UIDValidity is the mailbox's, as it is now.
func (w *Witness) UIDValidity(mailbox string) uint32 {
	w.t.Helper()
	return w.examine(mailbox).UIDValidity
}

// Raw is a message as the server gives it, to the octet.
func (w *Witness) Raw(mailbox string, uid imap.UID) []byte {
	w.t.Helper()
	w.examine(mailbox)
	section := &imap.FetchItemBodySection{Peek: true}
	cmd := w.Client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	var raw []byte
	found := false
	for message := cmd.Next(); message != nil; message = cmd.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok {
				continue
			}
			if raw = []byte{}; body.Literal != nil {
				data, err := io.ReadAll(body.Literal)
				w.must(err, "UID FETCH %d in %s", uid, mailbox)
				// go-imap ends a literal that was cut short without an error.
				if int64(len(data)) != body.Literal.Size() {
					w.t.Fatalf("UID FETCH %d in %s: %d of %d octets", uid, mailbox, len(data), body.Literal.Size())
				}
				raw = data
			}
			found = true
		}
	}
	w.must(cmd.Close(), "UID FETCH %d in %s", uid, mailbox)
	if !found {
		w.t.Fatalf("no message %d in %s", uid, mailbox)
	}
	return raw
}

// Flags are a message's flags and keywords without \Recent, sorted.
func (w *Witness) Flags(mailbox string, uid imap.UID) []imap.Flag {
	w.t.Helper()
	flags := slices.Clone(w.fetch(mailbox, uid, &imap.FetchOptions{UID: true, Flags: true}).Flags)
	flags = slices.DeleteFunc(flags, func(f imap.Flag) bool { return f == `\Recent` })
	slices.Sort(flags)
	return flags
}

// Size is a message's RFC822.SIZE in octets: what the server says, true or not.
func (w *Witness) Size(mailbox string, uid imap.UID) int64 {
	w.t.Helper()
	return w.fetch(mailbox, uid, &imap.FetchOptions{UID: true, RFC822Size: true}).RFC822Size
}

func (w *Witness) fetch(mailbox string, uid imap.UID, o *imap.FetchOptions) *imapclient.FetchMessageBuffer {
	w.t.Helper()
	w.examine(mailbox)
	messages, err := w.Client.Fetch(imap.UIDSetNum(uid), o).Collect()
	w.must(err, "UID FETCH %d in %s", uid, mailbox)
	if len(messages) != 1 {
		w.t.Fatalf("%d messages %d in %s", len(messages), uid, mailbox)
	}
	return messages[0]
}

// Mailboxes are the names of all mailboxes that can be opened, sorted.
func (w *Witness) Mailboxes() []string {
	w.t.Helper()
	var names []string
	for _, mailbox := range w.list() {
		if !slices.Contains(mailbox.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(mailbox.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, mailbox.Mailbox)
		}
	}
	slices.Sort(names)
	return names
}

// Special is the name of the mailbox with a special use, empty if none has it.
func (w *Witness) Special(use imap.MailboxAttr) string {
	w.t.Helper()
	for _, mailbox := range w.list() {
		if slices.Contains(mailbox.Attrs, use) {
			return mailbox.Mailbox
		}
	}
	return ""
}

// list uses no option of LIST: servers that know special uses give them anyway.
func (w *Witness) list() []*imap.ListData {
	w.t.Helper()
	all, err := w.Client.List("", "*", nil).Collect()
	w.must(err, "LIST")
	return all
}
