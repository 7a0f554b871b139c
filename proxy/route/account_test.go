package route

import (
	"net/netip"
	"slices"
	"testing"

	"popbridge/configs"
	"popbridge/translate"
)

func TestOn(t *testing.T) {
	cfg := configuration()
	cfg.Upstream = map[string]configs.Upstream{"old": {Name: "old"}, "new": {Name: "new"}, "third": {Name: "third"}}
	cfg.Maildrop["lab"] = configs.Maildrop{Name: "lab", Mailbox: configs.Mailboxes{"Lab"}}
	cfg.Route = []configs.Route{
		{User: glob(t, "mallory@*"), Action: configs.ActionRefuse, Upstream: "old", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Device: glob(t, "scan*"), Upstream: "new", Maildrop: "lab", Account: "scanner"},
		{User: glob(t, "*@example.org"), Listener: "lan", Upstream: "new", Maildrop: "lab", Account: "lan"},
		{User: glob(t, "*@example.org"), Client: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Upstream: "new", Maildrop: "lab", Account: "net"},
		{User: glob(t, "*@example.org"), Upstream: "old", Maildrop: "default", Account: "{local}"},
		{User: glob(t, "*"), Upstream: "new", Maildrop: "lab", Account: "{local}@new.example"},
	}
	for _, test := range []struct {
		upstream, account string
		want              string // upstream, maildrop, login, page; empty: none
	}{
		{"old", "alice@example.org", "old default alice default"},
		{"new", "alice@example.org", "new lab alice@new.example default"},
		{"third", "alice@example.org", "third default alice default"}, // no route leads there: as now
		{"old", "bob@example.com", "old lab bob@new.example lab"},
		{"fourth", "alice@example.org", ""},
	} {
		d, err := On(cfg, test.upstream, test.account)
		got := ""
		if err == nil {
			got = d.Upstream.Name + " " + d.Maildrop.Name + " " + d.UpstreamLogin + " " + d.Key.Name
		}
		if got != test.want {
			t.Errorf("%s on %s: %q (%v), want %q", test.account, test.upstream, got, err, test.want)
		}
	}
	want := []translate.Box{
		{Upstream: "new", Login: "alice@new.example", Mailbox: "Lab"}, {Upstream: "old", Login: "alice", Mailbox: "INBOX"}, {Upstream: "third", Login: "alice", Mailbox: "INBOX"},
	}
	if got := Boxes(cfg, "alice@example.org"); !slices.Equal(got, want) {
		t.Errorf("mailboxes %v, want %v", got, want)
	}
	cfg.Route = cfg.Route[:4]
	if d, err := On(cfg, "new", "alice@example.org"); err == nil {
		t.Errorf("a route for one device, listener or network leads every login to %+v", d)
	}
}

func TestMayTakeEndsWithTheRouteOfEveryLogin(t *testing.T) {
	cfg := configuration()
	cfg.Route = []configs.Route{
		{User: glob(t, "mallory@*"), Action: configs.ActionRefuse},
		{User: glob(t, "*@example.org"), Device: glob(t, "scan*"), Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Device: glob(t, "*"), Listener: "lan", Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Device: glob(t, "*"), Client: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Device: glob(t, "*"), Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*"), Device: glob(t, "*"), Upstream: "mail", Maildrop: "default"},
	}
	for account, want := range map[string][]int{"alice@example.org": {1, 2, 3, 4}, "mallory@example.com": {0}, "bob@example.net": {5}} {
		var got []int
		for n := range MayTake(cfg, account) {
			got = append(got, n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s may take routes %v, want %v", account, got, want)
		}
	}
}

func TestBlock(t *testing.T) {
	for name, want := range map[string]string{"default": "default", "lab@new/alice@new.example": "lab"} {
		if got := Block(name); got != want {
			t.Errorf("%q is in the block %q, want %q", name, got, want)
		}
	}
}
