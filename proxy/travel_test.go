package proxy

import (
	"net/netip"
	"testing"

	"popbridge/configs"
	"popbridge/translate"
)

func glob(t *testing.T, text string) configs.Glob {
	t.Helper()
	g, err := configs.ParseGlob(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestTravel(t *testing.T) {
	cfg := configuration()
	cfg.Upstream["new"] = configs.Upstream{Name: "new"}
	cfg.Maildrop["lab"] = configs.Maildrop{Name: "lab"}
	cfg.Route = []configs.Route{
		{User: glob(t, "mallory@*"), Action: configs.ActionRefuse},
		{User: glob(t, "*@example.org"), Device: glob(t, "scan*"), Upstream: "mail", Maildrop: "lab", AsDevice: "scanner"},
		{User: glob(t, "*@example.org"), Listener: "old", Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Client: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, Upstream: "new", Maildrop: "default", Account: "{local}@new.example"},
	}
	for _, test := range []struct {
		account, device, listener, client string
		want                              string // upstream, maildrop, device, account upstream; empty: refused
	}{
		{"mallory@example.org", "", "old", "10.0.0.1", ""},
		{"alice@example.org", "scan7", "pop3", "192.0.2.1", "mail lab scanner alice@example.org"},
		{"alice@example.org", "phone", "old", "192.0.2.1", "mail default phone alice@example.org"},
		{"alice@example.org", "", "pop3", "10.1.2.3", "new default  alice@new.example"},
		{"alice@example.org", "", "pop3", "::ffff:10.1.2.3", "new default  alice@new.example"},
		{"alice@example.org", "", "pop3", "fd00::1%eth0", "new default  alice@new.example"},
		{"alice@example.org", "", "pop3", "192.0.2.1", ""},
		{"alice@example.com", "", "old", "10.1.2.3", ""},
	} {
		j, err := travel(cfg, test.listener, netip.MustParseAddr(test.client), translate.Login{Account: test.account, Device: test.device})
		got := ""
		if err == nil {
			got = j.upstream.Name + " " + j.maildrop.Name + " " + j.Device + " " + j.account
		}
		if got != test.want {
			t.Errorf("%+v: %q (%v)", test, got, err)
		}
	}
	cfg.Route = nil
	if _, err := travel(cfg, "pop3", netip.MustParseAddr("192.0.2.1"), translate.Login{Account: "alice"}); err == nil {
		t.Error("a login found a way where there are two upstreams and no route")
	}
}
