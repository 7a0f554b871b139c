package maildrops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// site is one kind of upstream with what is particular about it.
type site struct {
	kind string
	// below is what a name of a mailbox begins with on this server, and parts what stands
	// between a mailbox and one below it.
	below, parts string
	imap         string
	users        []string
	used         int
}

// account is one user of a site, with an empty INBOX and the mailboxes that the tests
// show: Orders, Orders/2024 and Faxes. Away they do not show.
type account struct {
	*site
	t               *testing.T
	login, password string
	w               *servers.Witness
	sent            int
}

const accountsOfASite = 30

func people() (users map[string]string, names []string) {
	users = make(map[string]string, accountsOfASite)
	for i := range accountsOfASite {
		name := fmt.Sprintf("u%02d@example.org", i)
		users[name], names = "pass word of "+name, append(names, name)
	}
	return users, names
}

// sites lists the kinds, each with how to start it.
func sites() []func(testing.TB) *site {
	users, names := people()
	few := map[string]string{
		"autocreate_inbox_folders": "Trash|Archive|Junk",
		// Cyrus 3.6 mixes special uses up now and then, and would not rename a mailbox
		// that it takes for one of them.
		"specialuse_protect": "no",
	}
	return []func(testing.TB) *site{
		func(testing.TB) *site { return &site{kind: "embedded", parts: "/"} },
		func(t testing.TB) *site {
			return &site{kind: "dovecot", parts: "/", users: names, imap: servers.StartDovecot(t, servers.Dovecot{Users: users}).IMAP}
		},
		func(t testing.TB) *site {
			return &site{kind: "cyrus", parts: "/", users: names, imap: servers.StartCyrus(t, servers.Cyrus{Users: users, Settings: few}).IMAP}
		},
		func(t testing.TB) *site {
			return &site{kind: "courier", below: "INBOX.", parts: ".", users: names, imap: servers.StartCourier(t, servers.Courier{Users: users}).IMAP}
		},
	}
}

// account gives a user whom no other case has.
func (s *site) account(t *testing.T) *account {
	t.Helper()
	a := &account{site: s, t: t}
	if len(s.users) == 0 {
		alone := *s
		alone.imap = bridge.Demo(t, 1)
		a.site, a.login, a.password = &alone, "alice@example.org", "wonderland"
		a.w = servers.Dial(t, a.imap, a.login, a.password)
		a.w.Clear("INBOX")
	} else {
		if s.used == len(s.users) {
			t.Fatalf("all %d accounts are used: raise accountsOfASite", s.used)
		}
		a.login = s.users[s.used]
		a.password = "pass word of " + a.login
		s.used++
		a.w = servers.Dial(t, a.imap, a.login, a.password)
	}
	for _, name := range []string{"Orders", "Orders/2024", "Faxes", "Away"} {
		a.w.CreateMailbox(a.named(name))
	}
	return a
}

// named is a mailbox as the server names it.
func (a *account) named(name string) string {
	if name == "INBOX" {
		return name
	}
	return a.below + strings.ReplaceAll(name, "/", a.parts)
}

// received is when the first message of a test came; each came a minute later.
var received = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// put puts messages into mailboxes, one after the other, and gives what is in them.
func (a *account) put(mailboxes ...string) (raw []string) {
	a.t.Helper()
	for _, mailbox := range mailboxes {
		a.sent++
		text := fmt.Sprintf("From: <shop@example.net>\r\nSubject: message %d into %s\r\nDate: Sun, 1 Mar 2026 12:%02d:00 +0000\r\nMessage-ID: <%d@example.net>\r\n\r\nnumber %d\r\n", a.sent, mailbox, a.sent%60, a.sent, a.sent)
		a.append(mailbox, text, a.sent)
		raw = append(raw, text)
	}
	return raw
}

// append puts a text into a mailbox, as received at its minute.
func (a *account) append(mailbox, text string, minute int) {
	a.t.Helper()
	cmd := a.w.Client.Append(a.named(mailbox), int64(len(text)), &imap.AppendOptions{Time: received.Add(time.Duration(minute) * time.Minute)})
	if _, err := cmd.Write([]byte(text)); err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		a.t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		a.t.Fatalf("APPEND to %s: %v", mailbox, err)
	}
}

// move takes messages from one mailbox to another, as a mail program files them.
func (a *account) move(from, to string, uids ...imap.UID) {
	a.t.Helper()
	if _, err := a.w.Client.Select(a.named(from), nil).Wait(); err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.w.Client.Move(imap.UIDSetNum(uids...), a.named(to)).Wait(); err != nil {
		a.t.Fatalf("moving from %s to %s: %v", from, to, err)
	}
}

// find gives the UID that a text has in a mailbox.
func (a *account) find(mailbox, text string) imap.UID {
	a.t.Helper()
	for _, uid := range a.uids(mailbox) {
		if string(a.w.Raw(a.named(mailbox), uid)) == text {
			return uid
		}
	}
	a.t.Fatalf("%s does not hold %q", mailbox, text)
	return 0
}

// where gives the mailbox that holds a text; empty where none does.
func (a *account) where(text string) string {
	a.t.Helper()
	for _, mailbox := range []string{"INBOX", "Orders", "Orders/2024", "Faxes", "Away", "Trash"} {
		if slices.Contains(a.w.Mailboxes(), a.named(mailbox)) && slices.Contains(a.held(mailbox), text) {
			return mailbox
		}
	}
	return ""
}

// uids are the messages of a mailbox.
func (a *account) uids(mailbox string) []imap.UID {
	a.t.Helper()
	return a.w.UIDs(a.named(mailbox))
}

// serve runs popbridge in front of the account, with these keys of its maildrop.
func (a *account) serve(keys ...string) *bridge.Bridge {
	a.t.Helper()
	return bridge.Start(a.t, a.yaml(keys...), a.password)
}

// yaml is the configuration for that.
func (a *account) yaml(keys ...string) string {
	return bridge.YAML(a.imap, "none", "", "maildrop:\n  default:\n    "+strings.Join(keys, "\n    ")+"\n")
}

// device logs in as the account's owner does.
func (a *account) device(b *bridge.Bridge) *bridge.Client {
	a.t.Helper()
	return bridge.Login(a.t, b.Address("pop3"), a.login, a.password)
}

// ids are the unique-ids that a login sees, in order.
func (a *account) ids(b *bridge.Bridge) []string {
	a.t.Helper()
	c := a.device(b)
	ids := c.UniqueIDs()
	c.Quit()
	return ids
}

// texts retrieves everything, in order.
func (a *account) texts(b *bridge.Bridge) (texts []string) {
	a.t.Helper()
	c := a.device(b)
	for n := range c.UniqueIDs() {
		texts = append(texts, string(c.Message(fmt.Sprintf("RETR %d", n+1))))
	}
	c.Quit()
	return texts
}

// same fails where two lists differ.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// sorted gives a list without its order.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
