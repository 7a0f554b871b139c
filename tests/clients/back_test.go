package clients_test

import (
	"path/filepath"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

// TestFromOneMailboxToAListAndBack: programs that remember what they have download nothing
// twice when an operator shows more mailboxes, and fewer again. (fetchmail and mpop forget
// what a poll does not list: were the other mailboxes shown a second time, their messages
// would be new to these two, whatever their unique-ids.)
func TestFromOneMailboxToAListAndBack(t *testing.T) {
	mail := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{login: password}})
	w := servers.Dial(t, mail.IMAP, login, password)
	w.CreateMailbox("Orders")
	messages := letters()[:12]
	w.Fill("INBOX", messages[:4])
	w.Fill("Orders", messages[4:8])
	state := bridge.State("sqlite", filepath.Join(t.TempDir(), "state.db")) + "login:\n  device_separator: \"+\"\n"
	config := func(mailbox string) string {
		return bridge.YAML(mail.IMAP, "none", "", "maildrop:\n  default:\n    mailbox: "+mailbox+"\n"+state)
	}
	one, list := config("INBOX"), config("[INBOX, \"Orders*\"]")
	b := bridge.Start(t, one, password)
	programs := clients.Remembering()
	users, got := make([]*clients.User, len(programs)), make([][][]byte, len(programs))
	poll := func() {
		for i, p := range programs {
			if users[i] == nil {
				users[i] = clients.NewUser(t, b.Address("pop3"), login+"+"+p.Name, password)
			}
			got[i] = append(got[i], p.Poll(t, users[i], false)...)
		}
	}
	// Each step brings messages that are new to a program; all others it has.
	for _, step := range []struct {
		config  string
		mailbox string
		fill    [][]byte
	}{{one, "", nil}, {list, "", nil}, {list, "Orders", messages[8:9]}, {list, "INBOX", messages[9:10]}, {one, "", nil}, {one, "INBOX", messages[10:11]}, {one, "INBOX", messages[11:]}} {
		if !b.Reload(step.config) {
			t.Fatal("the configuration was not taken")
		}
		if step.mailbox != "" {
			w.Fill(step.mailbox, step.fill)
		}
		poll()
	}
	for i, p := range programs {
		t.Run(p.Name, func(t *testing.T) { same(t, got[i], messages) })
	}
}
