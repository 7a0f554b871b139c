package maildrops_test

import (
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
)

func searchCases() []testCase {
	return []testCase{
		{name: "only what a search finds", run: searched},
		{name: "none above a size", run: sized},
		{name: "the newest over all", run: newestOverAll},
		{name: "two devices with searches of their own", run: twoSearches},
	}
}

func searched(a *account) {
	raw := a.put("INBOX", "Orders", "Faxes", "Orders")
	a.w.Store(a.named("Orders"), a.uids("Orders")[0], imap.StoreFlagsAdd, imap.FlagFlagged)
	b := a.serve(shown, `search: 'OR FLAGGED SUBJECT "into Faxes"'`)
	same(a.t, "what was found", a.texts(b), []string{raw[1], raw[2]})
	c := a.device(b)
	c.OK("DELE 1")
	c.Quit()
	same(a.t, "without the deleted", a.texts(b), []string{raw[2]})
	if held := a.held("Orders"); len(held) != 1 || held[0] != raw[3] {
		a.t.Errorf("Orders holds %q, want %q", held, raw[3])
	}
}

func sized(a *account) {
	raw := a.put("INBOX", "Orders")
	a.w.AppendTo(a.named("Orders"), []byte("Subject: large\r\n\r\n"+strings.Repeat("0123456789\r\n", 200)))
	b := a.serve(shown, `max_size: "2KB"`)
	same(a.t, "the small ones", a.texts(b), raw)
}

func newestOverAll(a *account) {
	raw := a.put("Faxes", "INBOX", "Orders", "INBOX", "Faxes")
	b := a.serve(shown, "max_messages: 3", "order: newest")
	same(a.t, "the newest three", a.texts(b), []string{raw[4], raw[3], raw[2]})
}

// twoSearches: a scanner sees faxes, an office all else, on one account; what each hides
// is hidden from it alone.
func twoSearches(a *account) {
	raw := a.put("INBOX", "Faxes", "Orders", "Faxes")
	block := func(name, search string) string {
		return "  " + name + ":\n    " + shown + "\n    on_delete: hide\n    search: '" + search + "'\n"
	}
	config := bridge.YAML(a.imap, "none", "", "maildrop:\n"+block("faxes", `SUBJECT "into Faxes"`)+block("rest", `NOT SUBJECT "into Faxes"`)+
		"login:\n  device_separator: \"+\"\nroute:\n  - device: scanner\n    maildrop: faxes\n    upstream: mail\n  - maildrop: rest\n    upstream: mail\n")
	b := bridge.Start(a.t, config, a.password)
	see := func(device string) (texts []string) {
		c := bridge.Login(a.t, b.Address("pop3"), a.login+"+"+device, a.password)
		for n := range c.UniqueIDs() {
			texts = append(texts, string(c.Message("RETR "+string(rune('1'+n)))))
		}
		if len(texts) > 0 {
			c.OK("DELE 1")
		}
		c.Quit()
		return texts
	}
	same(a.t, "the scanner", see("scanner"), []string{raw[1], raw[3]})
	same(a.t, "the office", see("office"), []string{raw[0], raw[2]})
	same(a.t, "the scanner again", see("scanner"), []string{raw[3]})
	same(a.t, "the office again", see("office"), []string{raw[2]})
	if n := len(a.held("INBOX")) + len(a.held("Orders")) + len(a.held("Faxes")); n != 4 {
		a.t.Errorf("%d messages are left upstream, want all 4", n)
	}
}
