package imapbox_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// newAuthSite is a site whose server announces more than PLAIN.
func newAuthSite(t testing.TB, auth configs.Auth, caps ...string) *site {
	t.Helper()
	s := newSite(t)
	s.replace(liars.New(t, liars.Options{Caps: append([]string{"UIDPLUS", "MOVE"}, caps...)}))
	s.mail.Auth, s.mail.MasterUser, s.mail.MasterPassword = auth, "admin", configs.NewSecret(liars.Password)
	s.configure(256 << 20)
	return s
}

func (s *site) replace(server *liars.Server) {
	s.server, s.mail.Address = server, server.Address()
}

// answers opens a mailbox and gives the code of what a device is told; empty where
// it is let in.
func (s *site) answers(req backend.Request) (code string, err error) {
	s.t.Helper()
	m, err := s.pool.Open(s.ctx, req)
	if err != nil {
		return translate.Refuse(err).Code, err
	}
	s.close(m)
	return "", nil
}

// told are the commands that were to log in, with what was in base64 decoded.
func (s *site) told() (list []string) {
	for _, c := range s.server.Commands() {
		verb, rest, _ := strings.Cut(c, " ")
		if verb != "AUTHENTICATE" && verb != "LOGIN" {
			continue
		}
		if mechanism, initial, ok := strings.Cut(rest, " "); ok && verb == "AUTHENTICATE" {
			text, _ := base64.StdEncoding.DecodeString(initial)
			rest = mechanism + " " + string(text)
		}
		list = append(list, verb+" "+rest)
	}
	return list
}

func (s *site) saysOnly(want ...string) {
	s.t.Helper()
	if got := s.told(); !slices.Equal(got, want) {
		s.t.Errorf("the server was told %q, want %q", got, want)
	}
}

func TestMasterUser(t *testing.T) {
	for separator, want := range map[string]string{
		"":  "AUTHENTICATE PLAIN alice\x00admin\x00" + liars.Password,
		"*": "AUTHENTICATE PLAIN \x00alice*admin\x00" + liars.Password,
	} {
		s := newAuthSite(t, configs.AuthMaster)
		s.mail.MasterSeparator = separator
		if code, err := s.answers(s.request("alice", "")); code != "" {
			t.Errorf("separator %q: %v", separator, err)
		}
		s.saysOnly(want)
	}
}

// TestNobodyElseChecks: with tokens of our own no password of a device can be
// right, since nobody would look at it.
func TestNobodyElseChecks(t *testing.T) {
	s := newAuthSite(t, configs.AuthOAuth2, "AUTH=XOAUTH2")
	s.pool.Authorize(tokens{"good"})
	if code, err := s.answers(s.request("alice", liars.Password)); code != translate.CodeAuth {
		t.Errorf("a password where there are tokens: %q, %v", code, err)
	}
	s.saysOnly()
	s = newAuthSite(t, configs.AuthPassword)
	if code, err := s.answers(s.request("alice", "")); code != translate.CodeAuth {
		t.Errorf("an empty password: %q, %v", code, err)
	}
	s.saysOnly()
}

// TestAnotherPassword: with a master user a password that is no device's own is
// shown to the server, and never used together with the master user's.
func TestAnotherPassword(t *testing.T) {
	s := newAuthSite(t, configs.AuthMaster)
	if code, err := s.answers(s.request("alice", "")); code != "" {
		t.Error(err)
	}
	if code, err := s.answers(s.request("alice", "wrong")); code != translate.CodeAuth {
		t.Errorf("a wrong password: %q, %v", code, err)
	}
	if code, err := s.answers(s.request("", "")); code != translate.CodeAuth {
		t.Errorf("no account: %q, %v", code, err)
	}
	s.mail.MasterSeparator = "*"
	if code, err := s.answers(s.request("alice*bob", "")); code != translate.CodeAuth {
		t.Errorf("an account that holds the separator: %q, %v", code, err)
	}
	s.saysOnly("AUTHENTICATE PLAIN alice\x00admin\x00"+liars.Password, "AUTHENTICATE PLAIN \x00alice\x00wrong")
}

// tokens gives its elements one after the other, the last one for ever.
type tokens []string

func (t tokens) Token(_ context.Context, _ configs.Upstream, _ string, refused configs.Secret) (configs.Secret, error) {
	i := slices.Index(t, refused.Reveal()) + 1
	if refused.Empty() {
		i = 0
	}
	return configs.NewSecret(t[min(i, len(t)-1)]), nil
}

// takes lets a token in and refuses others as RFC 7628 §3.2.3 says; it gives what
// came in answer to the challenge.
func takes(token string, acknowledged *string) liars.Rule {
	return liars.Always("AUTHENTICATE", func(x *liars.Exchange) {
		text, _ := base64.StdEncoding.DecodeString(strings.Fields(x.Command)[2])
		if strings.HasSuffix(string(text), "\x01auth=Bearer "+token+"\x01\x01") {
			x.Send(x.Admit())
			return
		}
		x.Send("+ " + base64.StdEncoding.EncodeToString([]byte(`{"status":"invalid_token"}`)) + "\r\n")
		*acknowledged = x.Read()
		x.Send("{tag} NO [AUTHENTICATIONFAILED] " + liars.Words + "\r\n")
	})
}

func TestTokens(t *testing.T) {
	host, port, _ := strings.Cut(newSite(t).mail.Address, ":")
	for _, c := range []struct {
		mechanism    configs.Mechanism
		caps         []string
		says         string // with TOKEN in the token's place
		acknowledges string
	}{
		{configs.MechanismXOAuth2, []string{"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}, "AUTHENTICATE XOAUTH2 user=a,b=c\x01auth=Bearer TOKEN\x01\x01", ""},
		{configs.MechanismOAuthBearer, []string{"AUTH=XOAUTH2"}, "AUTHENTICATE XOAUTH2 user=a,b=c\x01auth=Bearer TOKEN\x01\x01", ""},
		{configs.MechanismOAuthBearer, []string{"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}, "AUTHENTICATE OAUTHBEARER n,a=a=2Cb=3Dc,\x01host=" + host + "\x01port=PORT\x01auth=Bearer TOKEN\x01\x01", "AQ=="},
	} {
		t.Run(c.mechanism.String()+" "+strings.Join(c.caps, " "), func(t *testing.T) {
			s := newAuthSite(t, configs.AuthOAuth2, c.caps...)
			s.mail.OAuth2.Mechanism = c.mechanism
			_, port, _ = strings.Cut(s.mail.Address, ":")
			says := func(token string) string {
				return strings.NewReplacer("TOKEN", token, "PORT", port).Replace(c.says)
			}
			acknowledged := "nothing"
			s.server.Lie(takes("good", &acknowledged))
			s.pool.Authorize(tokens{"stale", "good"})
			if code, err := s.answers(s.request("a,b=c", "")); code != "" {
				t.Fatalf("a token that can be replaced: %v", err)
			}
			if acknowledged != c.acknowledges {
				t.Errorf("the challenge was answered with %q, want %q", acknowledged, c.acknowledges)
			}
			s.saysOnly(says("stale"), says("good"))
			s.server.Hangup()
			s.pool.Authorize(tokens{"revoked"})
			code, err := s.answers(s.request("a,b=c", ""))
			if code != translate.CodeSysPerm || !strings.Contains(err.Error(), "invalid_token") || strings.Contains(err.Error(), "revoked") {
				t.Errorf("a token that is refused: %q, %v", code, err)
			}
		})
	}
	s := newAuthSite(t, configs.AuthOAuth2)
	s.pool.Authorize(tokens{"good"})
	if code, err := s.answers(s.request("alice", "")); code != translate.CodeSysPerm || !strings.Contains(err.Error(), "AUTH=XOAUTH2") {
		t.Errorf("a server that takes no tokens: %q, %v", code, err)
	}
	s.saysOnly()
}

// TestADevicesOwnToken is passed on whatever upstream.auth says, and a connection
// that it has opened is only for who brings it again.
func TestADevicesOwnToken(t *testing.T) {
	for _, auth := range []configs.Auth{configs.AuthPassword, configs.AuthOAuth2} {
		s := newAuthSite(t, auth, "AUTH=XOAUTH2")
		s.pool.Authorize(tokens{"of popbridge"})
		var acknowledged string
		s.server.Lie(takes("of alice", &acknowledged))
		bring := func(token string) string {
			req := s.request("alice", "")
			req.Bearer = configs.NewSecret(token)
			code, _ := s.answers(req)
			return code
		}
		for i, c := range []struct{ token, code string }{{"of alice", ""}, {"of alice", ""}, {"of mallory", translate.CodeAuth}, {"a\x01b", translate.CodeAuth}} {
			if code := bring(c.token); code != c.code {
				t.Errorf("%s, login %d with token %q: %q, want %q", auth, i, c.token, code, c.code)
			}
		}
		if code, _ := s.answers(s.request("alice", "")); code == "" {
			t.Errorf("%s: a login without a token got the connection of the device that brought one", auth)
		}
		if n := s.server.Logins(); n != 1 {
			t.Errorf("%s: %d logins upstream, want 1", auth, n)
		}
	}
	s := newAuthSite(t, configs.AuthPassword)
	req := s.request("alice", "")
	req.Bearer = configs.NewSecret("of alice")
	if code, err := s.answers(req); code != translate.CodeAuth {
		t.Errorf("a token for a server that takes none: %q, %v", code, err)
	}
}

// TestParkedForOneAccount: what a master user has opened for one account serves no
// other, and ends when its password or the way to log in is changed.
func TestParkedForOneAccount(t *testing.T) {
	s := newAuthSite(t, configs.AuthMaster)
	opens := func(account string, logins int) {
		t.Helper()
		if code, err := s.answers(s.request(account, "")); code != "" || s.server.Logins() != logins {
			t.Errorf("%s: %v; %d logins upstream, want %d", account, err, s.server.Logins(), logins)
		}
	}
	opens("alice", 1)
	opens("alice", 1)
	opens("bob", 2)
	s.is("parked", upstream.Parked, 2)
	s.configure(256 << 20)
	s.is("parked after a reload that changes nothing", upstream.Parked, 2)
	s.mail.MasterUser = "other"
	s.configure(256 << 20)
	s.is("parked after a reload with another master user", upstream.Parked, 0)
	opens("alice", 3)
}

func TestNothingToGetTokensWith(t *testing.T) {
	s := newAuthSite(t, configs.AuthOAuth2, "AUTH=XOAUTH2")
	code, err := s.answers(s.request("alice", ""))
	var refusal *translate.Refusal
	if code != translate.CodeSysPerm || !errors.As(err, &refusal) {
		t.Errorf("%q, %v", code, err)
	}
}
