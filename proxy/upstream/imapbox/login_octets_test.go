package imapbox_test

import (
	"net/netip"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestClientAddress is told before the login to a server that trusts us, and one
// that does not want to know it is none the worse.
func TestClientAddress(t *testing.T) {
	const id = `ID ("name" "popbridge" "x-originating-ip" "192.0.2.7")`
	for _, c := range []struct {
		send    bool
		caps    string
		address string
		want    string
	}{
		{true, "ID", "192.0.2.7", id}, {true, "ID", "::ffff:192.0.2.7", id}, {true, "X", "192.0.2.7", ""}, {false, "ID", "192.0.2.7", ""},
	} {
		s := newAuthSite(t, configs.AuthPassword, c.caps)
		s.mail.SendClientIP = c.send
		if c.address != "192.0.2.7" {
			s.server.Lie(liars.Always("ID (", liars.No("who asks")))
		}
		req := s.request("alice", liars.Password)
		req.Client = netip.MustParseAddr(c.address)
		if code, err := s.answers(req); code != "" {
			t.Fatal(err)
		}
		first := s.server.Commands()[0]
		if c.want != "" && first != c.want || c.want == "" && !strings.HasPrefix(first, "AUTHENTICATE") {
			t.Errorf("%+v: the first command was %q, want %q", c, first, c.want)
		}
	}
}

// TestEveryOctet: whatever octets a name and a password hold, they arrive as they
// are, or nothing is sent at all.
func TestEveryOctet(t *testing.T) {
	texts := []string{`"`, `\`, `{5}`, `{5+}`, `*`, "\r\nA2 LOGOUT", "%", "()", "NIL", "~", "a,b=c", "\x01auth=Bearer x\x01\x01"}
	for octet := range 256 {
		texts = append(texts, string([]byte{byte(octet)}))
	}
	for _, auth := range []configs.Auth{configs.AuthPassword, configs.AuthMaster, configs.AuthSCRAM, configs.AuthOAuth2} {
		t.Run(auth.String(), func(t *testing.T) {
			t.Parallel()
			s := newAuthSite(t, auth, "AUTH=XOAUTH2", "AUTH=SCRAM-SHA-256")
			s.mail.Reuse = 0
			s.server.Lie(liars.Always("AUTHENTICATE", func(x *liars.Exchange) { x.Send("{tag} NO [AUTHENTICATIONFAILED] no\r\n") }))
			s.pool.Authorize(tokens{"good"})
			for _, text := range texts {
				name, password := "al"+text+"ice", "wonder"+text+"land"
				if auth == configs.AuthMaster || auth == configs.AuthOAuth2 {
					password = ""
				}
				s.server.Reset()
				refused := strings.ContainsAny(text, "\x00\r\n") || auth == configs.AuthOAuth2 && strings.Contains(text, "\x01")
				due := translate.CodeAuth
				if password == "" && !refused {
					due = translate.CodeSysPerm // what is refused then is our own
				}
				if code, err := s.answers(s.request(name, password)); code != due {
					t.Errorf("%q: %q, %v", text, code, err)
				}
				want := map[configs.Auth]string{
					configs.AuthPassword: "AUTHENTICATE PLAIN \x00" + name + "\x00" + password,
					configs.AuthMaster:   "AUTHENTICATE PLAIN " + name + "\x00admin\x00" + liars.Password,
					configs.AuthOAuth2:   "AUTHENTICATE XOAUTH2 user=" + name + "\x01auth=Bearer good\x01\x01",
					configs.AuthSCRAM:    "AUTHENTICATE SCRAM-SHA-256 n,,n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(name) + ",r=",
				}[auth]
				switch told := s.told(); {
				case refused && len(told) > 0:
					t.Errorf("%q was sent as %q", text, told)
				case !refused && auth == configs.AuthSCRAM && len(told) == 0: // RFC 4013 forbids many
				case !refused && (len(told) == 0 || !strings.HasPrefix(told[0], want)):
					t.Errorf("%q was sent as %q, want %q", text, told, want)
				}
				for _, command := range s.server.Commands() {
					if verb, _, _ := strings.Cut(command, " "); verb != "AUTHENTICATE" && verb != "LOGOUT" {
						t.Errorf("%q made the command %q", text, command)
					}
				}
			}
		})
	}
}

// TestLoginWithoutPLAIN: LOGIN takes names and passwords as strings.
func TestLoginWithoutPLAIN(t *testing.T) {
	s := newAuthSite(t, configs.AuthMaster)
	without := liars.Always(liars.Greeting, liars.Swap("AUTH=PLAIN ", ""))
	s.server.Lie(without)
	if code, err := s.answers(s.request("alice", "")); code != translate.CodeSysPerm || !strings.Contains(err.Error(), "AUTH=PLAIN") {
		t.Errorf("a master user without PLAIN and separator: %q, %v", code, err)
	}
	s.saysOnly()
	s.mail.MasterSeparator = "*"
	if code, err := s.answers(s.request(`al"ice`, "")); code != "" {
		t.Error(err)
	}
	s.saysOnly(`LOGIN "al\"ice*admin" "` + liars.Password + `"`)
}
