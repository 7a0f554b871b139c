package server

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// digesting serves logins by device password on a listener with apop.
func digesting(t *testing.T, e *entered, routes ...configs.Route) (addr string) {
	t.Helper()
	cfg := configuration()
	l := cfg.Listener["pop3"]
	l.APOP, l.PlaintextAuth = true, false
	cfg.Listener["pop3"] = l
	for i := range routes {
		routes[i].Upstream, routes[i].Maildrop = "mail", "default"
	}
	cfg.Route = routes
	addr, stop := serve(t, logger(t), e.backend(), cfg)
	t.Cleanup(stop)
	return addr
}

// digests are the two ways to prove a password by a digest, each on a connection of
// its own; they give the reply.
var digests = map[string]func(t *testing.T, addr, name, password string) string{
	"APOP": func(t *testing.T, addr, name, password string) string {
		d := dial(t, addr)
		defer d.close()
		greeting := d.line()
		stamp := greeting[strings.IndexByte(greeting, '<'):]
		sum := md5.Sum([]byte(stamp + password))
		d.send("APOP " + name + " " + hex.EncodeToString(sum[:]) + "\r\n")
		return d.line()
	},
	"CRAM-MD5": func(t *testing.T, addr, name, password string) string {
		d := connect(t, addr)
		defer d.close()
		d.send("AUTH CRAM-MD5\r\n")
		challenge, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(d.line(), "+ "))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(md5.New, []byte(password))
		mac.Write(challenge)
		d.send(base64.StdEncoding.EncodeToString([]byte(name+" "+hex.EncodeToString(mac.Sum(nil)))) + "\r\n")
		return d.line()
	},
}

func TestPasswordsThatAreProvedByADigest(t *testing.T) {
	for name, digest := range digests {
		t.Run(name, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			scanner, phone := e.rack.hang(t, "alice@example.org", "scanner"), e.rack.hang(t, "alice@example.org", "phone")
			e.rack.readable("alice@example.org", "scanner", scanner)
			addr := digesting(t, e, configs.Route{User: glob(t, "carol@*")}, configs.Route{Login: configs.LoginEither})
			for _, c := range []struct{ user, password, want, device string }{
				{"alice@example.org", scanner, "+OK", "scanner"},
				{"Alice@Example.org+Scanner", scanner, "+OK", "scanner"},
				{"alice@example.org+phone", scanner, "-ERR [AUTH] authentication failed", ""},
				{"alice@example.org", phone, "-ERR [AUTH] authentication failed", ""}, // made without --apop
				{"alice@example.org", "secret", "-ERR [AUTH] authentication failed", ""},
				{"alice@example.org", "", "-ERR [AUTH] authentication failed", ""},
				{"nobody@example.org", scanner, "-ERR [AUTH] authentication failed", ""},
				{"carol@example.org", scanner, "-ERR [AUTH] authentication failed", ""},
				{"a@b@example.org", scanner, "-ERR [AUTH] authentication failed", ""},
			} {
				e.key, e.rack.asked = backend.PageKey{}, nil
				if got := digest(t, addr, c.user, c.password); !strings.HasPrefix(got, c.want) || e.key.Device != c.device {
					t.Errorf("%s: %q as device %q, want %q as %q", c.user, got, e.key.Device, c.want, c.device)
				}
				if c.want != "+OK" && !strings.HasPrefix(c.user, "a@b") && len(e.rack.asked) != 2 {
					t.Errorf("%s: the ledger was asked for %q, which tells accounts apart", c.user, e.rack.asked)
				}
			}
			if e.called("OpenMailbox") != 2 || !e.login.Password.Empty() {
				t.Errorf("the upstream was asked for %d mailboxes, at last with %+v", e.called("OpenMailbox"), e.login)
			}
			e.rack.fault = translate.Permanent(errors.New("no key"))
			if got := digest(t, addr, "alice@example.org", scanner); !strings.HasPrefix(got, "-ERR [SYS/PERM]") {
				t.Errorf("without a key: %q", got)
			}
		})
	}
}

// Each greeting has its own timestamp, and none where APOP is of no use.
func TestTheTimestampOfTheGreeting(t *testing.T) {
	greeting := func(addr string) string {
		d := dial(t, addr)
		defer d.close()
		return d.line()
	}
	addr := digesting(t, &entered{store: newStore()}, configs.Route{Login: configs.LoginDevice})
	a, b := greeting(addr), greeting(addr)
	if a == b || !strings.HasPrefix(a, "+OK popbridge ready <") || !strings.HasSuffix(a, "@popbridge>") || len(a) < len("+OK popbridge ready <@popbridge>")+26 {
		t.Errorf("greetings %q and %q", a, b)
	}
	d := connect(t, addr)
	defer d.close()
	d.says("CAPA", "+OK")
	if lines := d.lines(); !slices.Contains(lines, "SASL SCRAM-SHA-256 CRAM-MD5") || slices.Contains(lines, "USER") {
		t.Errorf("announced is %q", lines)
	}
	for _, addr := range []string{
		digesting(t, &entered{store: newStore()}, configs.Route{}),
		(&entered{store: newStore()}).routed(t, configs.Route{Login: configs.LoginDevice}),
	} {
		if got := greeting(addr); got != "+OK popbridge ready" {
			t.Errorf("greeting %q", got)
		}
		d := connect(t, addr)
		d.says("APOP alice "+strings.Repeat("0", 32), "-ERR APOP is not offered here")
		d.says("AUTH CRAM-MD5", "-ERR")
		d.close()
	}
}

func TestDigestsThatAreNone(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	addr := digesting(t, e, configs.Route{Login: configs.LoginDevice})
	digit := strings.Repeat("0", 32)
	for args, why := range map[string]string{
		"": "needs a name", "alice": "needs a name", " " + digit: "needs a name", "alice " + digit[2:]: "32 hexadecimal digits",
		"alice " + digit + "00": "32 hexadecimal digits", "alice " + digit[1:] + "x": "32 hexadecimal digits", "alice \x80": "32 hexadecimal digits",
	} {
		d := connect(t, addr)
		d.send("APOP " + args + "\r\nAUTH CRAM-MD5\r\n" + base64.StdEncoding.EncodeToString([]byte(args)) + "\r\n")
		apop, _, cram := d.line(), d.line(), d.line()
		if !strings.Contains(apop, why) || !strings.Contains(cram, why) {
			t.Errorf("%q is answered with %q and %q", args, apop, cram)
		}
		d.says("LANG x", "-ERR that language")
		d.close()
	}
	d := connect(t, addr)
	defer d.close()
	d.says("AUTH CRAM-MD5 "+base64.StdEncoding.EncodeToString([]byte("alice "+digit)), "-ERR CRAM-MD5 takes no initial response")
	if len(e.rack.asked) > 0 {
		t.Errorf("the ledger was asked for %q", e.rack.asked)
	}
}
