package route

import (
	"errors"
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

// configuration has one upstream and one maildrop, and no route.
func configuration() *configs.Config {
	return &configs.Config{
		Upstream: map[string]configs.Upstream{"mail": {Name: "mail"}},
		Maildrop: map[string]configs.Maildrop{"default": {Name: "default", Mailbox: configs.Mailboxes{"INBOX"}}},
	}
}

func TestResolve(t *testing.T) {
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
		target, err := Resolve(cfg, Attempt{Login: translate.Login{Account: test.account, Device: test.device}, Listener: test.listener, Client: netip.MustParseAddr(test.client)})
		got := ""
		if err == nil {
			got = target.Upstream.Name + " " + target.Maildrop.Name + " " + target.Device + " " + target.UpstreamLogin
		}
		if got != test.want {
			t.Errorf("%+v: %q (%v)", test, got, err)
		}
	}
	cfg.Route = nil
	if _, err := Resolve(cfg, Attempt{Login: translate.Login{Account: "alice"}, Listener: "pop3", Client: netip.MustParseAddr("192.0.2.1")}); err == nil {
		t.Error("a login found a way where there are two upstreams and no route")
	}
}

// TestResolveAMovedAccount: the upstream that an operator has moved an account to
// is stronger than routes; how the account is called there, and its policy, come
// from a route that leads there, and its page stays the same.
func TestResolveAMovedAccount(t *testing.T) {
	cfg := configuration()
	for _, name := range []string{"old", "new", "other"} {
		cfg.Upstream[name] = configs.Upstream{Name: name}
	}
	cfg.Maildrop["lab"] = configs.Maildrop{Name: "lab"}
	cfg.Route = []configs.Route{
		{User: glob(t, "mallory@*"), Action: configs.ActionRefuse},
		{User: glob(t, "*@example.org"), Upstream: "old", Maildrop: "default", AsDevice: "pc"},
		{User: glob(t, "bob@*"), Upstream: "new", Maildrop: "default"},
		{User: glob(t, "*@example.org"), Upstream: "new", Maildrop: "lab", Account: "{local}@new.example"},
	}
	for _, test := range []struct {
		account, moved string
		want           string // upstream, maildrop, page, device, account upstream
	}{
		{"alice@example.org", "", "old default default pc alice@example.org"},
		{"alice@example.org", "old", "old default default pc alice@example.org"},
		{"alice@example.org", "new", "new lab default pc alice@new.example"},
		{"bob@example.org", "new", "new default default pc bob@example.org"},
		{"alice@example.org", "other", "other default default pc alice@example.org"},
		{"alice@example.org", "forgotten", "[SYS/PERM]"},
		{"mallory@example.org", "new", "[]"},
	} {
		target, err := Resolve(cfg, Attempt{Login: translate.Login{Account: test.account}, Listener: "pop3", Client: netip.MustParseAddr("192.0.2.1"), MovedTo: test.moved})
		got := target.Upstream.Name + " " + target.Maildrop.Name + " " + target.Key.Name + " " + target.Device + " " + target.UpstreamLogin
		if err != nil {
			got = "[]"
			if refusal := new(translate.Refusal); errors.As(err, &refusal) {
				got = "[" + refusal.Code + "]"
			}
		}
		if got != test.want {
			t.Errorf("%+v: %q (%v)", test, got, err)
		}
	}
}
