package maildrops_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
)

// operatorCases are what operators are told, and what they do.
func operatorCases() []testCase {
	return []testCase{
		{name: "more mailboxes than max_mailboxes", run: tooMany, on: "dovecot"},
		{name: "check finds what would be refused", run: checkFinds, on: "dovecot"},
		{name: "a search that the server does not know", run: unknownKey, on: "dovecot"},
		{name: "what is left out is counted", run: leftOutCounted, on: "dovecot"},
		{name: "undelete brings each back to where it was", run: undeleted},
	}
}

func tooMany(a *account) {
	a.put("INBOX")
	b := a.serve(`mailbox: ["INBOX", "*"]`, "max_mailboxes: 3", "on_delete: expunge")
	b.Refused(a.t, a.login, a.password, "[SYS/PERM]")
	b.AwaitLine("max_mailboxes is 3", "raise it")
}

// passwordFile is a file with the account's password.
func (a *account) passwordFile() string {
	a.t.Helper()
	path := filepath.Join(a.t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(a.password+"\n"), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// checkFinds: what would be refused at a login is found before one.
func checkFinds(a *account) {
	file := a.passwordFile()
	for says, keys := range map[string]string{
		`has no mailbox "Missing"`:                       `mailbox: ["INBOX", "Missing"]`,
		`where on_delete = "trash" moves what`:           `mailbox: ["INBOX", "*"]`,
		"max_mailboxes is 2: narrow the patterns":        `mailbox: ["INBOX", "Orders*"], max_mailboxes: 2`,
		"does not know X-GM-RAW, which needs X-GM-EXT-1": `mailbox: ["INBOX", "Orders"], search: "X-GM-RAW from:shop"`,
	} {
		b := bridge.Start(a.t, bridge.YAML(a.imap, "none", "", "maildrop:\n  default: {on_delete: trash, "+keys+"}\n"), a.password)
		bridge.Has(a.t, b.Command(1, "check", "--connect", "--account", a.login, "--password-file", file), says)
	}
	b := a.serve(shown)
	bridge.Has(a.t, b.Command(0, "check", "--connect", "--account", a.login, "--password-file", file), "logged in, 4 mailboxes hold 0 messages: INBOX, Faxes, Orders, Orders/2024")
}

// leftOutCounted: the log, account show and its JSON count each message that a device is
// not shown, whichever mailbox it lies in, and another device's are its own.
func leftOutCounted(a *account) {
	for i, p := range []put{
		{days: 5}, {mailbox: "Orders", days: 40}, {days: 41}, {mailbox: "Faxes", days: 4, octets: 4 << 10}, {mailbox: "Orders", days: 3, from: "bank@example.net"},
		{days: 2}, {mailbox: "Faxes", days: 2}, {mailbox: "Orders", days: 1},
	} {
		a.putOne(i, p)
	}
	inbox := a.uids("INBOX")
	a.w.Store("INBOX", inbox[len(inbox)-1], imap.StoreFlagsAdd, imap.FlagDeleted)
	faxes := a.uids("Faxes")
	a.w.Store("Faxes", faxes[len(faxes)-1], imap.StoreFlagsAdd, "$POP3Deleted")
	b := bridge.Start(a.t, a.yaml(shown, "on_delete: hide", "visible: 30d", "max_size: 2KB", "search: NOT FROM bank@example.net")+
		"login:\n  device_separator: \"+\"\n"+bridge.State("sqlite", filepath.Join(a.t.TempDir(), "state.db")), a.password)
	for range 2 {
		c := bridge.Login(a.t, b.Address("pop3"), a.login+"+scanner", a.password)
		c.OK("DELE 1")
		c.Quit()
	}
	bridge.Login(a.t, b.Address("pop3"), a.login+"+scanner", a.password).Quit()
	a.device(b).Quit()
	b.AwaitLine("login", "flagged=1", "struck_out=1", "hidden=2", "old=2", "too_large=1", "not_found=1")
	bridge.Has(a.t, b.Command(0, "account", "show", a.login), "Not shown at the last login",
		"8 messages: 1 deleted by a device ($POP3Deleted), 1 marked \\Deleted by another program, 2 hidden from this device, 2 too old (visible, max_messages), 1 too large (max_size), 1 not found by the search",
		"6 messages: 1 deleted")
	var v struct {
		Devices []struct {
			Device  string
			LeftOut map[string]int `json:"left_out"`
		}
	}
	out := b.Command(0, "account", "show", a.login, "--json")
	if err := json.Unmarshal([]byte(out), &v); err != nil || len(v.Devices) != 2 {
		a.t.Fatalf("%v in %s", err, out)
	}
	for _, d := range v.Devices {
		want := map[string]int{"flagged": 1, "struck_out": 1, "old": 2, "too_large": 1, "not_found": 1}
		if d.Device == "scanner" {
			want["hidden"] = 2
		}
		if !maps.Equal(d.LeftOut, want) {
			a.t.Errorf("device %q: %v, want %v", d.Device, d.LeftOut, want)
		}
	}
}

func unknownKey(a *account) {
	a.put("INBOX")
	b := a.serve(shown, `search: "SUBJECT message X-GM-RAW from:shop"`)
	b.Refused(a.t, a.login, a.password, "[SYS/PERM]")
	b.AwaitLine("search", "X-GM-RAW", "X-GM-EXT-1")
}

// undeleted: messages of two mailboxes come back, each to its own.
func undeleted(a *account) {
	raw := a.put("INBOX", "Orders", "Orders/2024")
	config := a.yaml(shown, "on_delete: trash") + bridge.State("sqlite", filepath.Join(a.t.TempDir(), "state.db"))
	b := bridge.Start(a.t, config, a.password)
	c := a.device(b)
	c.OK("DELE 1")
	c.OK("DELE 2")
	c.OK("DELE 3")
	c.Quit()
	same(a.t, "deleted", sorted(a.held("Trash")), sorted(raw))
	out := b.Command(0, "account", "undelete", a.login, "--since", "1h", "--password-file", a.passwordFile())
	if !strings.Contains(out, "3 of 3 messages brought back") {
		a.t.Errorf("undelete says %s", out)
	}
	for i, mailbox := range []string{"INBOX", "Orders", "Orders/2024"} {
		same(a.t, "back in "+mailbox, a.held(mailbox), raw[i:i+1])
	}
	same(a.t, "shown again", a.texts(b), raw)
}
