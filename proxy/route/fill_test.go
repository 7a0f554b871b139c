package route

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/translate"
)

// TestFill: what a directory answers becomes of a route, and what it does not.
func TestFill(t *testing.T) {
	cfg := configuration()
	cfg.Upstream["new"] = configs.Upstream{Name: "new", Address: "new:993"}
	cfg.Maildrop["lab"] = configs.Maildrop{Name: "lab"}
	cfg.Lookup = map[string]configs.Lookup{"accounts": {Name: "accounts"}}
	cfg.Route = []configs.Route{
		{User: glob(t, "admin@*"), Action: configs.ActionRefuse},
		{User: glob(t, "fixed@*"), Lookup: "accounts", Upstream: "mail", Maildrop: "lab", Account: "{local}"},
		{User: glob(t, "*@example.org"), Lookup: "accounts", Maildrop: "default"},
		{User: glob(t, "*"), Upstream: "mail", Maildrop: "default"},
	}
	answers := map[string]translate.DirectoryAnswer{
		"fixed@example.org":    {Upstream: "new", Maildrop: "default", Account: "other"},
		"alice@example.org":    {Upstream: "new", Account: "{local}.x", Maildrop: "lab", Login: "device"},
		"host@example.org":     {Upstream: "new", Host: "third:143"},
		"no@example.org":       {Action: "refuse"},
		"typo@example.org":     {Upstream: "nwe"},
		"drop@example.org":     {Upstream: "new", Maildrop: "nothing"},
		"badhost@example.org":  {Upstream: "new", Host: "third"},
		"word@example.org":     {Upstream: "new", Login: "both"},
		"nothing@example.org":  {},
		"admin@example.org":    {Upstream: "new"},
		"else@example.com":     {Upstream: "new"},
		"phone@example.org":    {Upstream: "mail"},
		"phone@example.org/p1": {Upstream: "new"},
	}
	away := errors.New("away")
	ask := func(_ context.Context, l configs.Lookup, q translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
		if l.Name != "accounts" {
			t.Errorf("asked %+v", l)
		}
		if q.Account == "away@example.org" {
			return translate.DirectoryAnswer{}, false, away
		}
		a, ok := answers[q.Account+"/"+q.Device]
		if !ok {
			a, ok = answers[q.Account]
		}
		return a, ok, nil
	}
	for _, test := range []struct {
		account, device string
		want            string // upstream, address, maildrop, account upstream, passwords, key; or the code, and what the error says
	}{
		{"fixed@example.org", "", "mail  lab fixed upstream lab"},
		{"alice@example.org", "", "new new:993 lab alice.x device lab"},
		{"host@example.org", "", "new third:143 default host@example.org upstream default"},
		{"absent@example.org", "", "mail  default absent@example.org upstream default"},
		{"else@example.com", "", "mail  default else@example.com upstream default"},
		{"phone@example.org", "", "mail  default phone@example.org upstream default"},
		{"phone@example.org", "p1", "new new:993 default phone@example.org upstream default@new/phone@example.org"},
		{"no@example.org", "", "AUTH route[2] refuses it"},
		{"admin@example.org", "", "AUTH route[0] refuses it"},
		{"away@example.org", "", "SYS/TEMP lookup \"accounts\": away"},
		{"typo@example.org", "", "SYS/PERM upstream \"nwe\" is not in the configuration, which has [mail new]"},
		{"nothing@example.org", "", "SYS/PERM upstream \"\" is not in the configuration"},
		{"drop@example.org", "", "SYS/PERM maildrop \"nothing\" is not in the configuration"},
		{"badhost@example.org", "", "SYS/PERM host: \"third\" is not host:port"},
		{"word@example.org", "", "SYS/PERM login: \"both\" is not known"},
	} {
		a := Attempt{Login: translate.Login{Account: test.account, Device: test.device}, Listener: "pop3", Client: netip.MustParseAddr("192.0.2.1")}
		filled, err := Fill(t.Context(), cfg, a, ask)
		var target Target
		if err == nil {
			target, err = Resolve(filled, a)
		}
		var refusal *translate.Refusal
		got := strings.Join([]string{target.Upstream.Name, target.Upstream.Address, target.Maildrop.Name, target.UpstreamLogin, target.LoginWith.String(), target.Key.Name}, " ")
		switch {
		case errors.As(err, &refusal):
			got = string(refusal.Code) + " " + refusal.Err.Error()
		case err != nil:
			got = "AUTH " + err.Error()
		}
		if code, what, _ := strings.Cut(test.want, " "); got != test.want && !(err != nil && strings.HasPrefix(got, code+" ") && strings.Contains(got, what)) {
			t.Errorf("%s %s: %s; want %s", test.account, test.device, got, test.want)
		}
	}
	if cfg.Route[2].Upstream != "" || cfg.Route[2].Account != "" {
		t.Error("an answer changes the configuration of all")
	}
}

// TestFillAsksNobody where no route of a login asks.
func TestFillAsksNobody(t *testing.T) {
	ask := func(context.Context, configs.Lookup, translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
		t.Error("a directory was asked")
		return translate.DirectoryAnswer{}, false, nil
	}
	cfg := configuration()
	alice := Attempt{Login: translate.Login{Account: "alice@example.org"}}
	if filled, err := Fill(t.Context(), cfg, alice, nil); err != nil || filled != cfg {
		t.Errorf("without a lookup: another configuration, %v", err)
	}
	cfg.Route = []configs.Route{
		{User: glob(t, "*@example.com"), Lookup: "accounts"},
		{User: glob(t, "*"), Upstream: "mail", Maildrop: "default"},
		{User: glob(t, "*"), Lookup: "accounts"},
	}
	if _, err := Fill(t.Context(), cfg, alice, ask); err != nil {
		t.Error(err)
	}
}

// TestReachableThroughDirectories: an upstream that is left open may be any.
func TestReachableThroughDirectories(t *testing.T) {
	cfg := configuration()
	cfg.Upstream["new"] = configs.Upstream{Name: "new"}
	cfg.Route = []configs.Route{{Lookup: "accounts", Maildrop: "default"}}
	var names []string
	for _, r := range Reachable(cfg, "pop3", netip.MustParseAddr("192.0.2.1")) {
		names = append(names, r.Upstream)
	}
	if strings.Join(names, " ") != "mail new" {
		t.Errorf("reachable are %q", names)
	}
}
