package server

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// scram runs an exchange as a device does that knows a password, and gives the
// reply behind it. The server has to prove that it knows the password too.
func (d *device) scram(user, password, authzid string, initial bool) string {
	d.Helper()
	client, err := scram.SHA256.NewClient(user, password, authzid)
	if err != nil {
		d.Fatal(err)
	}
	c := client.NewConversation()
	first, err := c.Step("")
	if err != nil {
		d.Fatal(err)
	}
	if initial {
		d.send("AUTH SCRAM-SHA-256 " + base64.StdEncoding.EncodeToString([]byte(first)) + "\r\n")
	} else {
		d.says("AUTH SCRAM-SHA-256", "+ ")
		d.send(base64.StdEncoding.EncodeToString([]byte(first)) + "\r\n")
	}
	for {
		line := d.line()
		challenge, ok := strings.CutPrefix(line, "+ ")
		if !ok {
			if strings.HasPrefix(line, "+OK") && !c.Valid() {
				d.Fatal("the server has not shown that it knows the password")
			}
			return line
		}
		octets, err := base64.StdEncoding.DecodeString(challenge)
		if err != nil {
			d.Fatal(err)
		}
		answer, err := c.Step(string(octets))
		if err != nil {
			d.Fatal(err)
		}
		d.send(base64.StdEncoding.EncodeToString([]byte(answer)) + "\r\n")
	}
}

func TestSCRAM(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	scanner, phone := e.rack.hang(t, "alice@example.org", "scanner"), e.rack.hang(t, "alice@example.org", "phone")
	addr := e.routed(t, configs.Route{User: glob(t, "carol@*")}, configs.Route{Login: configs.LoginEither})
	for i, c := range []struct{ user, password, authzid, want, device string }{
		{"alice@example.org", scanner, "", "+OK", "scanner"},
		{"Alice@Example.org", phone, "Alice@Example.org", "+OK", "phone"},
		{"alice@example.org+phone", phone, "", "+OK", "phone"},
		{"alice@example.org+scanner", phone, "", "-ERR [AUTH]", ""},
		{"alice@example.org", phone[1:], "", "-ERR [AUTH]", ""},
		{"alice@example.org", "secret", "", "-ERR [AUTH]", ""},
		{"nobody@example.org", phone, "", "-ERR [AUTH]", ""},
		{"carol@example.org", phone, "", "-ERR [AUTH]", ""},
		{"a@b@example.org", phone, "", "-ERR [AUTH]", ""},
		{"alice@example.org", phone, "bob@example.org", "-ERR [AUTH]", ""},
	} {
		e.key = backend.PageKey{}
		d := connect(t, addr)
		got := d.scram(c.user, c.password, c.authzid, i%2 == 0)
		if !strings.HasPrefix(got, c.want) || e.key.Device != c.device {
			t.Errorf("%s as %q: %q as device %q, want %q as %q", c.user, c.authzid, got, e.key.Device, c.want, c.device)
		}
		d.says("CAPA", "+OK")
		d.close()
	}
}

// A device that proves its password is let in while others have used up what may
// fail for its account, whether it has logged in before or not; a guess that fails is
// told nothing then.
func TestSCRAMWhileOthersGuess(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	scanner, phone := e.rack.hang(t, "alice@example.org", "scanner"), e.rack.hang(t, "alice@example.org", "phone")
	cfg := configuration()
	cfg.Route = []configs.Route{{Upstream: "mail", Maildrop: "default", Login: configs.LoginDevice}}
	cfg.Limits.FailuresPerAccount, cfg.Limits.FailureWindow = 2, patience
	addr, stop := serve(t, logger(t), e.backend(), cfg)
	defer stop()
	for _, c := range []struct{ password, want string }{
		{scanner, "+OK"}, {"wrong", "-ERR [AUTH]"}, {"worse", "-ERR [AUTH]"}, {"worst", "-ERR [SYS/TEMP]"}, {scanner, "+OK"}, {phone, "+OK"},
	} {
		d := connect(t, addr)
		if got := d.scram("alice@example.org", c.password, "", true); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
		d.close()
	}
}

// An account that is not there has a challenge like any other, the same each time:
// else its salt would tell.
func TestTheSaltOfAnUnknownAccountIsAlwaysTheSame(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	e.rack.hang(t, "alice@example.org", "scanner")
	addr := e.routed(t, configs.Route{Login: configs.LoginDevice})
	ask := func(user string) (salt string) {
		d := connect(t, addr)
		defer d.close()
		d.send("AUTH SCRAM-SHA-256 " + base64.StdEncoding.EncodeToString([]byte("n,,n="+user+",r=abc")) + "\r\n")
		octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(d.line(), "+ "))
		fields := strings.Split(string(octets), ",")
		if err != nil || len(fields) != 3 || !strings.HasPrefix(fields[0], "r=abc") || len(fields[0]) < 20 || len(fields[1]) != len("s=")+24 || fields[2] != "i=4096" {
			t.Fatalf("challenge %q, %v", octets, err)
		}
		return fields[1]
	}
	alice, nobody, somebody := ask("alice@example.org"), ask("nobody@example.org"), ask("somebody@example.org")
	if nobody != ask("Nobody@example.org+device") || nobody == somebody || nobody == alice || alice != ask("alice@example.org") {
		t.Errorf("salts %s, %s, %s", alice, nobody, somebody)
	}
}

func TestWhichMechanismsAreAnnounced(t *testing.T) {
	device, either, other := configs.Route{Login: configs.LoginDevice}, configs.Route{Login: configs.LoginEither}, configs.Route{Listener: "elsewhere"}
	refused := configs.Route{User: glob(t, "x"), Action: configs.ActionRefuse}
	for name, c := range map[string]struct {
		routes  []configs.Route
		plain   bool // passwords may be sent in the clear
		want    []string
		unusual string // usable all the same
	}{
		"upstream":              {[]configs.Route{{}}, true, []string{"USER", "SASL PLAIN LOGIN"}, "XOAUTH2"},
		"upstream without TLS":  {[]configs.Route{{}}, false, nil, ""},
		"device":                {[]configs.Route{refused, other, device}, true, []string{"USER", "SASL PLAIN LOGIN SCRAM-SHA-256"}, ""},
		"device without TLS":    {[]configs.Route{device}, false, []string{"SASL SCRAM-SHA-256"}, ""},
		"either":                {[]configs.Route{either}, true, []string{"USER", "SASL PLAIN LOGIN"}, "SCRAM-SHA-256"},
		"either, to OAuth":      {[]configs.Route{device, {Upstream: "oauth", Login: configs.LoginEither}}, true, []string{"USER", "SASL PLAIN LOGIN XOAUTH2 OAUTHBEARER"}, ""},
		"device, to OAuth":      {[]configs.Route{{Upstream: "oauth", Login: configs.LoginDevice}}, true, []string{"USER", "SASL PLAIN LOGIN SCRAM-SHA-256"}, ""},
		"OAuth without TLS":     {[]configs.Route{{Upstream: "oauth", Login: configs.LoginEither}}, false, nil, ""},
		"some of each":          {[]configs.Route{device, {}}, true, []string{"USER", "SASL PLAIN LOGIN"}, "SCRAM-SHA-256"},
		"none that serves here": {[]configs.Route{other}, true, []string{"USER", "SASL PLAIN LOGIN"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			cfg := configuration()
			l := cfg.Listener["pop3"]
			l.PlaintextAuth = c.plain
			cfg.Listener["pop3"] = l
			for i := range c.routes {
				c.routes[i].Upstream, c.routes[i].Maildrop = cmp.Or(c.routes[i].Upstream, "mail"), "default"
			}
			cfg.Upstream["oauth"] = configs.Upstream{Name: "oauth", Auth: configs.AuthOAuth2}
			cfg.Route = c.routes
			addr, stop := serve(t, logger(t), e.backend(), cfg)
			defer stop()
			d := connect(t, addr)
			defer d.close()
			d.says("CAPA", "+OK")
			got := slices.DeleteFunc(d.lines(), func(l string) bool { return l != "USER" && !strings.HasPrefix(l, "SASL") })
			if !slices.Equal(got, c.want) {
				t.Errorf("announced is %q, want %q", got, c.want)
			}
			d.says("AUTH", "+OK")
			if got := "SASL " + strings.Join(d.lines(), " "); len(c.want) > 0 && got != c.want[len(c.want)-1] {
				t.Errorf("AUTH lists %q", got)
			}
			if c.unusual != "" {
				d.says("AUTH "+c.unusual, "+ ")
			}
		})
	}
}

// Whoever does not find out how SCRAM goes on gets an answer all the same.
func TestSCRAMThatIsNone(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	e.rack.hang(t, "alice@example.org", "scanner")
	addr := e.routed(t, configs.Route{Login: configs.LoginDevice})
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, first := range []string{"=", encode("n"), encode("p=tls-unique,,n=alice,r=x"), encode("n,,m=1,n=alice,r=x"), encode(strings.Repeat("n,", 1000)), encode("\xff\x00")} {
		d := connect(t, addr)
		d.says("AUTH SCRAM-SHA-256 "+first, "-ERR that is not how")
		d.says("LANG x", "-ERR that language")
		d.close()
	}
	for _, final := range []string{"", encode("c=biws,r=x,p=AAAA"), encode("\x00"), encode(strings.Repeat("x", 9000))} {
		d := connect(t, addr)
		d.says("AUTH SCRAM-SHA-256 "+encode("n,,n=alice@example.org,r=abc"), "+ ")
		d.says(final, "-ERR [AUTH] authentication failed")
		d.says("LANG x", "-ERR that language")
		d.close()
	}
	d := connect(t, addr)
	defer d.close()
	d.says("AUTH SCRAM-SHA-256 "+encode("n,,n=alice@example.org,r=abc"), "+ ")
	d.says("*", "-ERR authentication was cancelled")
	e.rack.fault = translate.Temporary(errUpstream)
	d.says("AUTH SCRAM-SHA-256 "+encode("n,,n=alice@example.org,r=abc"), "-ERR [SYS/TEMP]")
}
