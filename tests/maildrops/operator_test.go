package maildrops_test

import (
	"os"
	"path/filepath"
	"strings"

	"popbridge/tests/bridge"
)

// operatorCases are what operators are told, and what they do.
func operatorCases() []testCase {
	return []testCase{
		{name: "more mailboxes than max_mailboxes", run: tooMany, on: "dovecot"},
		{name: "check finds what would be refused", run: checkFinds, on: "dovecot"},
		{name: "a search that the server does not know", run: unknownKey, on: "dovecot"},
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
