package configs

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"popbridge/translate"
)

// decoded reads a file without checking what its keys mean.
func decoded(t *testing.T, format, text string) (*reading, *Config) {
	t.Helper()
	r := newReading("popbridge." + format)
	if !r.read([]source{{path: r.file, format: format, data: []byte(text)}}) {
		t.Fatal(r.problems)
	}
	r.environment()
	c := r.config()
	if len(r.problems) > 0 {
		t.Fatal(r.problems)
	}
	return r, c
}

// TestSeveralMailboxes: one name and a list say what they say in both languages, in
// the environment, and where they are shown.
func TestSeveralMailboxes(t *testing.T) {
	t.Setenv("POPBRIDGE_MAILDROP_ENV_MAILBOX", `\Sent, Orders/%`)
	hcl := `maildrop "one" {
  mailbox = "Smith, John"
}
maildrop "list" {
  mailbox = ["INBOX", "\\Junk", "Smith, John", "Orders/*"]
  exclude = ["Orders/a, b"]
  max_mailboxes = 7
  search = "or from bank.example subject \"büro %% x\" since 030d"
  max_size = "10240KB"
  order = "newest"
}
maildrop "pattern" {
  mailbox = "*"
}
maildrop "env" {
}
`
	yaml := `maildrop:
  one: {mailbox: "Smith, John"}
  list:
    mailbox: [INBOX, '\Junk', "Smith, John", Orders/*]
    exclude: ["Orders/a, b"]
    max_mailboxes: 7
    search: 'OR FROM bank.example SUBJECT "büro %% x" SINCE 30d'
    max_size: 10MB
    order: newest
  pattern:
    mailbox: ["*"]
  env:
`
	var all []*Config
	for format, text := range map[string]string{"hcl": hcl, "yaml": yaml} {
		r, c := decoded(t, format, text)
		all = append(all, c)
		list := c.Maildrop["list"]
		if !list.Mailbox.Several() || list.Mailbox.First() != "INBOX" || list.MaxSize != 10<<20 || list.MaxMailboxes != 7 || list.Search.All() {
			t.Errorf("%s: %+v", format, list)
		}
		for name, want := range map[string]translate.Order{"one": translate.OrderOld, "list": translate.OrderNewest, "pattern": translate.OrderArrival, "env": translate.OrderArrival} {
			if got := c.Maildrop[name].Order; got != want {
				t.Errorf("%s: maildrop %s is in the order %s, want %s", format, name, got, want)
			}
		}
		shown := make(map[string]string)
		for _, s := range r.show(c) {
			shown[s.Key] = s.Value
		}
		for key, want := range map[string]string{
			"default.mailbox": `"INBOX"`, "default.search": `""`, "default.max_size": `"0"`, "default.order": `"old"`, "default.exclude": "[]",
			"one.mailbox": `"Smith, John"`, "pattern.mailbox": `"*"`, "env.mailbox": `["\\Sent", "Orders/%"]`,
			"list.mailbox": `["INBOX", "\\Junk", "Smith, John", "Orders/*"]`, "list.exclude": `["Orders/a, b"]`, "list.max_size": `"10MB"`,
			"list.search": `"OR FROM bank.example SUBJECT \"büro %% x\" SINCE 30d"`, "list.order": `"newest"`,
		} {
			if got := shown["maildrop."+key]; got != want {
				t.Errorf("%s: %s is shown as %s, want %s", format, key, got, want)
			}
		}
		other := map[string]string{"hcl": "yaml", "yaml": "hcl"}[format]
		converted, err := Convert("a."+format, []byte(text), other)
		if err != nil {
			t.Fatal(err)
		}
		if _, again := decoded(t, other, string(converted)); !reflect.DeepEqual(again, c) {
			t.Errorf("converted to %s it is another:\n%s", other, converted)
		}
		if formatted, err := Format("a."+format, []byte(text)); err != nil || !strings.Contains(string(formatted), "Orders/*") {
			t.Errorf("%v\n%s", err, formatted)
		}
	}
	if !reflect.DeepEqual(all[0], all[1]) {
		t.Errorf("HCL and YAML differ:\n%+v\n%+v", all[0].Maildrop, all[1].Maildrop)
	}
	if err := accepts(t, compiled(t), smallest+yaml); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
	for _, wrong := range []string{"mailbox: []", "mailbox: 7", "mailbox: [7]", "exclude: Junk", "order: size", "search: [UNSEEN]"} {
		if accepts(t, compiled(t), smallest+"maildrop: {default: {"+wrong+"}}\n") == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// TestOldServerTakesNoMailboxes: what an old server cannot do is not asked of it; what
// needs only its list is.
func TestOldServerTakesNoMailboxes(t *testing.T) {
	_, c := decoded(t, "yaml", "maildrop: {list: {mailbox: [INBOX, a], exclude: [b], search: SEEN, max_size: 1MB}, newest: {order: newest, max_size: 1MB}}\n")
	old := Upstream{Protocol: ProtocolPOP3}
	list := c.Maildrop["list"].On(old)
	if !slices.Equal(list.Mailbox, Mailboxes{"INBOX"}) || list.Exclude != nil || !list.Search.All() || list.Order != translate.OrderOld || list.MaxSize != 1<<20 {
		t.Errorf("%+v", list)
	}
	if newest := c.Maildrop["newest"].On(old); newest.Order != translate.OrderNewest || newest.MaxSize != 1<<20 {
		t.Errorf("%+v", newest)
	}
}
