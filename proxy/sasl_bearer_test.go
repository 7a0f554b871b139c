package proxy

import (
	"encoding/base64"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/translate"
)

func TestTokensArePassedOn(t *testing.T) {
	for mechanism, c := range map[string]struct{ header, failed, answer string }{
		"XOAUTH2":     {"user=NAME\x01", failedXOAUTH2, ""},
		"OAUTHBEARER": {"n,a=NAME,\x01host=x\x01port=110\x01", failedOAuthBearer, "AQ=="},
	} {
		t.Run(mechanism, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			addr := e.routed(t, configs.Route{User: glob(t, "dev@*"), Login: configs.LoginDevice}, configs.Route{})
			message := func(name, token string) string {
				return base64.StdEncoding.EncodeToString([]byte(strings.Replace(c.header, "NAME", name, 1) + "auth=Bearer " + token + "\x01\x01"))
			}
			d := connect(t, addr)
			defer d.close()
			refused := func(command string) {
				t.Helper()
				d.says(command, "+ "+base64.StdEncoding.EncodeToString([]byte(c.failed)))
				d.says(c.answer, "-ERR [AUTH] authentication failed")
			}
			refused("AUTH " + mechanism + " " + message("alice@example.org", "bad"))
			if e.login.Bearer.Reveal() != "bad" || !e.login.Password.Empty() {
				t.Errorf("the upstream was given %q", e.login.Bearer.Reveal())
			}
			refused("AUTH " + mechanism + " " + message("dev@example.org", goodToken))
			e.fail("OpenMailbox", errUpstream)
			d.says("AUTH "+mechanism+" "+message("alice@example.org", goodToken), "-ERR [SYS/TEMP]")
			e.fail("OpenMailbox", nil)
			d.says("AUTH "+mechanism, "+ ")
			d.says(message("Alice@example.org+scanner", goodToken), "+OK 1 messages")
			if e.login.Bearer.Reveal() != goodToken || e.login.Account != "alice@example.org" || e.key.Device != "scanner" {
				t.Errorf("the upstream was given %q for %s", e.login.Bearer.Reveal(), e.login.Account)
			}
		})
	}
}

func TestTokensAsTheyAreWritten(t *testing.T) {
	for message, want := range map[string]string{
		"user=alice\x01auth=Bearer tok/en+1~=\x01\x01":         "alice tok/en+1~=",
		"user=alice\x01auth=bearer  tok\x01\x01":               "alice tok",
		"user=alice\x01auth=Bearer tok\x01":                    "",
		"user=alice\x01auth=Bearer t k\x01\x01":                "",
		"user=alice\x01auth=Bearer t\r\nk\x01\x01":             "",
		"user=alice\x01auth=Bearer t\x00k\x01\x01":             "",
		"user=alice\x01auth=Bearer \x01\x01":                   "",
		"user=alice\x01auth=Basic tok\x01\x01":                 "",
		"user=alice\x01auth=Bearer a\x01auth=Bearer b\x01\x01": "",
		"user=alice\x01\x01\x01":                               "",
		"user=\x01auth=Bearer tok\x01\x01":                     "",
		"alice\x01auth=Bearer tok\x01\x01":                     "",
		"":                                                     "",
	} {
		if name, token, ok := readXOAUTH2(message); ok != (want != "") || ok && name+" "+token != want {
			t.Errorf("%q is read as %q, %q, %v", message, name, token, ok)
		}
	}
	const rest = "\x01auth=Bearer tok\x01\x01"
	for header, want := range map[string]string{
		"n,a=alice@example.org,": "alice@example.org", "y,a=a=2Cb=3D2C,": "a,b=2C", "n,a=a=b,": "", "n,a=,": "", "n,,": "", "p=x,a=alice,": "", "n,a=alice": "", "n,a=alice,x": "", "": "",
	} {
		if name, token, ok := readOAuthBearer(header + rest); ok != (want != "") || ok && (name != want || token != "tok") {
			t.Errorf("%q is read as %q, %q, %v", header, name, token, ok)
		}
	}
}

// Whatever a device sends: what is passed on holds nothing that could end a line or
// a field upstream.
func FuzzBearer(f *testing.F) {
	f.Add("user=alice\x01auth=Bearer tok\x01\x01")
	f.Add("n,a=alice=2Cb,\x01host=x\x01auth=Bearer tok\x01\x01")
	f.Fuzz(func(t *testing.T, message string) {
		for _, read := range []func(string) (string, string, bool){readXOAUTH2, readOAuthBearer} {
			name, token, ok := read(message)
			if !ok {
				continue
			}
			if token == "" || name == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= 0x20 || r >= 0x7F }) {
				t.Errorf("%q is read as %q, %q", message, name, token)
			}
			if _, err := (translate.LoginRules{}).Parse(name); err == nil && strings.ContainsAny(name, "\x00\x01\r\n") {
				t.Errorf("the name %q is taken", name)
			}
		}
	})
}
