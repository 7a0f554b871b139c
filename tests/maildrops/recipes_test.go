package maildrops_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
)

// recipe is what docs/maildrops.md promises of one of its recipes. days are how old the
// messages are that lie in mailboxes; seen are those that a device is shown, in its order.
type recipe struct {
	puts []put
	seen []int
	then func(a *account, b *bridge.Bridge, texts []string) // after a session that has retrieved them
}

// put is a message with what a recipe asks for.
type put struct {
	mailbox string
	from    string
	days    int
	octets  int
	read    bool
}

var recipes = map[string]recipe{
	"fax":     {puts: []put{{mailbox: "INBOX", days: 3}, {mailbox: "Junk", days: 2}, {mailbox: "Orders", days: 1}}, seen: []int{0, 1}},
	"scanner": {puts: []put{{mailbox: "INBOX", days: 2}, {mailbox: "Scans", days: 1}}, seen: []int{1}},
	"orders": {
		puts: []put{{from: "orders@example.net"}, {from: "orders@example.net", read: true}, {from: "someone@example.net"}},
		seen: []int{0},
		then: func(a *account, b *bridge.Bridge, _ []string) { same(a.t, "retrieved", a.texts(b), nil) },
	},
	"everything": {
		puts: []put{{days: 40}, {days: 29}, {mailbox: "Orders", days: 3}, {mailbox: "Drafts", days: 2}, {mailbox: "Trash", days: 2}, {mailbox: "Junk", days: 1}},
		seen: []int{1, 2, 5},
	},
	"small": {
		puts: []put{{mailbox: "Orders/2024", days: 3}, {days: 2}, {days: 1, octets: 6 << 20}},
		seen: []int{1, 0},
	},
	"shared": {
		puts: []put{{days: 4}, {mailbox: "Orders/2024", days: 3}, {mailbox: "Archive", days: 2}},
		seen: []int{0, 1},
		then: func(a *account, b *bridge.Bridge, texts []string) {
			c := bridge.Login(a.t, b.Address("pop3"), a.login+"+one", a.password)
			c.OK("DELE 2")
			c.Quit()
			same(a.t, "another device sees", a.texts(b), texts[:1])
			if !slices.Contains(a.held("Archive"), texts[1]) {
				a.t.Error("the deleted message does not lie in Archive")
			}
		},
	},
	"junk": {
		puts: []put{{days: 2}, {mailbox: "Junk", days: 1}},
		seen: []int{0}, // without a device's name
		then: func(a *account, b *bridge.Bridge, _ []string) {
			c := bridge.Login(a.t, b.Address("pop3"), a.login+"+junk1", a.password)
			same(a.t, "the device junk1 sees", []string{string(c.Message("RETR 1"))}, a.held("Junk"))
			c.Quit()
		},
	},
}

var recipeName = regexp.MustCompile(`^maildrop "(\w+)"`)

// written are the recipes as docs/maildrops.md has them.
func written(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../docs/maildrops.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "\n## Recipes\n")
	blocks := make(map[string]string)
	for i, part := range strings.Split(text, "```") {
		hcl, ok := strings.CutPrefix(part, "hcl\n")
		if i%2 == 0 || !ok {
			continue
		}
		name := recipeName.FindStringSubmatch(hcl)
		if name == nil {
			t.Fatalf("the recipe %q does not begin with a maildrop", hcl)
		}
		blocks[name[1]] = hcl
	}
	return blocks
}

// TestRecipes runs each recipe of docs/maildrops.md as it stands there.
func TestRecipes(t *testing.T) {
	texts := written(t)
	if len(texts) != len(recipes) {
		t.Errorf("docs/maildrops.md has %d recipes, and this knows %d", len(texts), len(recipes))
	}
	dovecot := sites()[1](t)
	for name, r := range recipes {
		t.Run(name, func(t *testing.T) { r.run(dovecot.account(t), name, texts[name]) })
	}
}

func (r recipe) run(a *account, name, hcl string) {
	var raw []string
	for i, p := range r.puts {
		raw = append(raw, a.putOne(i, p))
	}
	b := a.serveHCL(hcl, name)
	var want []string
	for _, i := range r.seen {
		want = append(want, raw[i])
	}
	got := a.texts(b)
	if !slices.Equal(got, want) {
		a.t.Fatalf("a device is shown %.2000q, want %.2000q", got, want)
	}
	if r.then != nil {
		r.then(a, b, got)
	}
}

// putOne puts a message where a recipe looks for it, and gives its text.
func (a *account) putOne(i int, p put) string {
	a.t.Helper()
	mailbox := p.mailbox
	if mailbox == "" {
		mailbox = "INBOX"
	}
	if !slices.Contains(a.w.Mailboxes(), mailbox) {
		a.w.CreateMailbox(mailbox)
	}
	text := fmt.Sprintf("From: <%s>\r\nSubject: %d\r\nMessage-ID: <%d@recipe.example>\r\n\r\n%d\r\n", p.from, i, i, i)
	if p.octets > 0 {
		text += strings.Repeat(strings.Repeat("x", 78)+"\r\n", p.octets/80)
	}
	o := &imap.AppendOptions{Time: time.Now().AddDate(0, 0, -p.days)}
	if p.read {
		o.Flags = []imap.Flag{imap.FlagSeen}
	}
	cmd := a.w.Client.Append(mailbox, int64(len(text)), o)
	if _, err := cmd.Write([]byte(text)); err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		a.t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		a.t.Fatalf("APPEND to %s: %v", mailbox, err)
	}
	return text
}

// serveHCL runs popbridge with a recipe as it is written. Where it has no route of its
// own, every login gets its maildrop.
func (a *account) serveHCL(hcl, name string) *bridge.Bridge {
	a.t.Helper()
	config := fmt.Sprintf("listener \"pop3\" {\n  address = \"127.0.0.1:0\"\n  plaintext_auth = true\n}\nupstream \"mail\" {\n  address = %q\n  tls = \"none\"\n}\nlogin {\n  device_separator = \"+\"\n}\n", a.imap) + hcl
	if strings.Contains(hcl, "\nroute {") {
		name = "default"
	}
	config += fmt.Sprintf("route {\n  maildrop = %q\n}\n", name)
	path := filepath.Join(a.t.TempDir(), "popbridge.hcl")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		a.t.Fatal(err)
	}
	b := bridge.Run(a.t, []string{"serve", "--config", path}, a.password)
	b.Config = path
	b.Await("popbridge is ready")
	return b
}
