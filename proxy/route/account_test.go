package route

import (
	"net/netip"
	"testing"

	"popbridge/configs"
)

func TestOn(t *testing.T) {
	cfg := configuration()
	cfg.Upstream = map[string]configs.Upstream{"old": {Name: "old"}, "new": {Name: "new"}, "third": {Name: "third"}}
	cfg.Maildrop["lab"] = configs.Maildrop{Name: "lab"}
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
	cfg.Route = cfg.Route[:4]
	if d, err := On(cfg, "new", "alice@example.org"); err == nil {
		t.Errorf("a route for one device, listener or network leads every login to %+v", d)
	}
}
