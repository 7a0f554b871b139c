package maildrops_test

import (
	"slices"
	"strings"

	"popbridge/tests/bridge"
)

func filedCases() []testCase {
	return []testCase{
		{name: "marked, and filed elsewhere before QUIT", run: filedBeforeQuit},
		{name: "marked, and filed out of view before QUIT", run: filedOutOfView},
		{name: "marked by two devices", run: markedTwice},
	}
}

// filedBeforeQuit: what a device has marked is deleted where somebody has filed it
// meanwhile, or hidden there.
func filedBeforeQuit(a *account) {
	raw := a.put("INBOX", "Orders", "INBOX", "Faxes", "INBOX")
	config := a.yaml(shown, "on_delete: ACTION")
	for i, action := range []string{"hide", "flag", "trash"} {
		b := bridge.Start(a.t, strings.Replace(config, "ACTION", action, 1), a.password)
		texts := a.texts(b)
		c := a.device(b)
		c.OK("DELE 1")
		marked := texts[0]
		from, to := a.where(marked), []string{"Orders", "Faxes", "Orders/2024"}[i]
		a.move(from, to, a.find(from, marked))
		c.Quit()
		same(a.t, action+": what is left", a.texts(b), texts[1:])
		switch where := a.where(marked); {
		case action == "trash" && where != "Trash", action != "trash" && where != to:
			a.t.Errorf("%s: it lies in %q", action, where)
		}
		if action != "trash" {
			// The next action finds it where no device sees it.
			a.move(to, "Away", a.find(to, marked))
		}
	}
	same(a.t, "the others", sorted(a.held("INBOX")), sorted(slices.DeleteFunc(slices.Clone(raw), func(text string) bool { return a.where(text) != "INBOX" })))
}

// filedOutOfView: QUIT does not claim what it has not done, once.
func filedOutOfView(a *account) {
	raw := a.put("INBOX", "Orders", "INBOX")
	b := a.serve(shown, "on_delete: trash")
	ids := a.ids(b)
	c := a.device(b)
	c.OK("DELE 1")
	c.OK("DELE 2")
	a.move("INBOX", "Away", a.find("INBOX", raw[0]))
	c.Err("QUIT")
	b.AwaitLine("no longer in any of the shown mailboxes", ids[0])
	same(a.t, "out of view", a.ids(b), ids[2:])
	same(a.t, "deleted", a.held("Trash"), raw[1:2])
	a.move("Away", "Orders", a.find("Away", raw[0]))
	same(a.t, "and back", sorted(a.ids(b)), sorted([]string{ids[0], ids[2]}))
}

// markedTwice: what another device has deleted is deleted.
func markedTwice(a *account) {
	raw := a.put("INBOX", "Orders", "INBOX")
	config := a.yaml(shown, "on_delete: expunge") + "login:\n  device_separator: \"+\"\n"
	b := bridge.Start(a.t, config, a.password)
	one := bridge.Login(a.t, b.Address("pop3"), a.login+"+one", a.password)
	two := bridge.Login(a.t, b.Address("pop3"), a.login+"+two", a.password)
	for _, c := range []*bridge.Client{one, two} {
		c.OK("DELE 1")
		c.OK("DELE 2")
	}
	one.Quit()
	two.Quit()
	same(a.t, "what is left", a.texts(b), raw[2:])
}
