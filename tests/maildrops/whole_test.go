package maildrops_test

import (
	"strings"

	"popbridge/tests/bridge"
)

func wholeCases() []testCase {
	return []testCase{{name: "what counts, counts over all mailboxes", run: overTheWhole, on: "dovecot"}}
}

// overTheWhole: what bounds a view, and what guards it, counts the messages of all
// mailboxes together, however few one of them holds.
func overTheWhole(a *account) {
	var raw []string
	for i, p := range []put{{days: 40}, {mailbox: "Orders", days: 10}, {days: 5}, {mailbox: "Faxes", days: 2}} {
		raw = append(raw, a.putOne(i, p))
	}
	keys := map[string]string{
		"fresh": "first_login: new", "month": "first_login: 30d", "week": "visible: 7d", "two": "max_messages: 2", "guard": "delete_guard: 50%, on_delete: expunge",
	}
	var blocks, routes strings.Builder
	for name, key := range keys {
		blocks.WriteString("  " + name + ": {" + shown + ", " + key + "}\n")
		routes.WriteString("  - {device: " + name + ", maildrop: " + name + ", upstream: mail}\n")
	}
	b := bridge.Start(a.t, bridge.YAML(a.imap, "none", "", "maildrop:\n"+blocks.String()+"login:\n  device_separator: \"+\"\nroute:\n"+routes.String()+"  - {upstream: mail}\n"), a.password)
	see := func(device string) *bridge.Client {
		return bridge.Login(a.t, b.Address("pop3"), a.login+"+"+device, a.password)
	}
	sees := func(what, device string, want ...string) {
		a.t.Helper()
		c := see(device)
		var texts []string
		for n := range c.UniqueIDs() {
			texts = append(texts, string(c.Message("RETR "+string(rune('1'+n)))))
		}
		c.Quit()
		same(a.t, what, texts, want)
	}
	sees("first_login = new", "fresh")
	sees("first_login = 30d", "month", raw[1:]...)
	raw = append(raw, a.putOne(len(raw), put{mailbox: "Orders", days: 1}))
	sees("first_login = new, with one that came since", "fresh", raw[4])
	sees("first_login = 30d, with one that came since", "month", raw[1:]...)
	sees("visible = 7d", "week", raw[2:]...)
	sees("max_messages = 2", "two", raw[3:]...)

	c := see("guard")
	for _, command := range []string{"DELE 1", "DELE 2", "DELE 4"} {
		c.OK(command)
	}
	c.Err("QUIT")
	sees("after a QUIT that the guard has refused", "guard", raw...)
	c = see("guard")
	c.OK("DELE 4") // all that Faxes holds
	c.OK("DELE 1")
	c.Quit()
	sees("after one that it lets pass", "guard", raw[1], raw[2], raw[4])
}
