package imapbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestAuthenticateRefused: LOGIN is tried once where AUTHENTICATE is refused for what
// it is, and said at once from then on. No refusal of a mechanism is [AUTH].
func TestAuthenticateRefused(t *testing.T) {
	const plain, login = "AUTHENTICATE", "LOGIN"
	for name, c := range map[string]struct {
		rules    []liars.Rule
		disabled bool
		password string
		code     string
		says     []string // in two logins
	}{
		"BAD":                             {rules: []liars.Rule{liars.Always(plain, liars.Bad())}, says: []string{plain, login, login}},
		"not supported":                   {rules: []liars.Rule{liars.Always(plain, liars.Say("{tag} NO AUTHENTICATE mechanism not supported, mate\r\n"))}, says: []string{plain, login, login}},
		"unsupported with a code":         {rules: []liars.Rule{liars.Always(plain, liars.Say("{tag} NO [AUTHENTICATIONFAILED] Unsupported authentication mechanism\r\n"))}, says: []string{plain, login, login}},
		"hangs up behind BAD":             {rules: []liars.Rule{liars.Always(plain, func(x *liars.Exchange) { x.Send("{tag} BAD no\r\n"); x.Close() })}, code: translate.CodeSysTemp, says: []string{plain, login}},
		"wrong password":                  {password: "wrong", code: translate.CodeAuth, says: []string{plain, plain}},
		"wrong password behind BAD":       {rules: []liars.Rule{liars.Always(plain, liars.Bad())}, password: "wrong", code: translate.CodeAuth, says: []string{plain, login, login}},
		"BAD to both":                     {rules: []liars.Rule{liars.Always(plain, liars.Bad()), liars.Always(login, liars.Bad())}, code: translate.CodeSysTemp, says: []string{plain, login, plain, login}},
		"LOGINDISABLED":                   {rules: []liars.Rule{liars.Always(plain, liars.Bad())}, disabled: true, code: translate.CodeSysTemp, says: []string{plain, plain}},
		"LOGINDISABLED and not supported": {rules: []liars.Rule{liars.Always(plain, liars.Say("{tag} NO mechanism not supported\r\n"))}, disabled: true, code: translate.CodeSysPerm, says: []string{plain, plain}},
		"not now":                         {rules: []liars.Rule{liars.Always(plain, liars.No("[UNAVAILABLE]"))}, code: translate.CodeSysTemp, says: []string{plain, plain}},
		"neither is supported":            {rules: []liars.Rule{liars.Always(plain, liars.Bad()), liars.Always(login, liars.Say("{tag} NO LOGIN command is disabled\r\n"))}, code: translate.CodeSysPerm, says: []string{plain, login, plain, login}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			caps := []string{"UIDPLUS", "MOVE"}
			if c.disabled {
				caps = append(caps, "LOGINDISABLED")
			}
			s.replace(liars.New(t, liars.Options{Caps: caps}))
			s.mail.Reuse = 0
			s.server.Lie(c.rules...)
			if c.password == "" {
				c.password = liars.Password
			}
			for i := range 2 {
				code, log := s.serves("alice", c.password)
				if want := c.code; code != want && !(name == "hangs up behind BAD" && i == 1 && code == "") {
					t.Errorf("login %d: %q: %s", i, code, log)
				}
			}
			var said []string
			for _, told := range s.told() {
				verb, _, _ := strings.Cut(told, " ")
				said = append(said, verb)
			}
			if !slices.Equal(said, c.says) {
				t.Errorf("the server was told %q, want %q", said, c.says)
			}
		})
	}
}

// TestNoLiterals: where LOGIN takes no literal the password goes in quotes, whatever
// it holds, and at once the second time.
func TestNoLiterals(t *testing.T) {
	for _, password := range []string{`a"b\c`, `\`, `""`, "päßwort", strings.Repeat("long ", 300)} {
		s := newSite(t)
		s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}, Literals: liars.Bad()}))
		s.mail.Ignore, s.mail.Reuse = []string{"AUTH=PLAIN"}, 0
		s.server.ChangePassword(password)
		for _, account := range []string{"alice", "bob"} {
			if code, log := s.serves(account, password); code != "" {
				t.Errorf("%q: %q: %s", password, code, log)
			}
		}
		if n := s.sent("LOGIN"); n != 3 {
			t.Errorf("%q: LOGIN was said %d times, want 3", password, n)
		}
		if code, log := s.serves("alice", password+`"`); code != translate.CodeAuth {
			t.Errorf("%q and a quote: %q: %s", password, code, log)
		}
	}
}

// TestLiteralsThatFail: a server that announces literals without a wait and knows none
// is sent none: it would read a password as a command. One that takes no literal at
// all is told in quotes, on a connection of its own where it has ended the first, and
// at once the second time. A password that was not looked at is not wrong.
func TestLiteralsThatFail(t *testing.T) {
	badAndGone := func(x *liars.Exchange) { x.Send("{tag} BAD {\r\n"); x.Close() }
	for name, c := range map[string]struct {
		unasked, literals liars.Lie
		says              int // times that LOGIN was said in two logins
		dials             int
	}{
		"LITERAL+ is called wrong":        {unasked: liars.Bad(), says: 2, dials: 2},
		"LITERAL+ is refused":             {unasked: liars.No(""), says: 2, dials: 2},
		"LITERAL+ is a password":          {unasked: liars.No("[AUTHENTICATIONFAILED]"), says: 2, dials: 2},
		"LITERAL+ is waited for":          {unasked: liars.Stall(""), says: 2, dials: 2},
		"LITERAL+ ends the connection":    {unasked: liars.Die(), says: 2, dials: 2},
		"LITERAL+ is asked for":           {unasked: liars.Say("+ go on\r\n"), says: 2, dials: 2},
		"no literal at all":               {unasked: liars.Bad(), literals: liars.Bad(), says: 3, dials: 2},
		"a literal ends the connection":   {unasked: liars.Bad(), literals: liars.Die(), says: 3, dials: 3},
		"a literal is wrong, and the end": {unasked: liars.Bad(), literals: badAndGone, says: 3, dials: 3},
		"a literal is never asked for":    {unasked: liars.Bad(), literals: liars.Stall(""), says: 3, dials: 3},
		"a literal, and BYE":              {unasked: liars.Bad(), literals: func(x *liars.Exchange) { x.Send("* BYE Too many errors\r\n"); x.Close() }, says: 3, dials: 3},
	} {
		for _, announced := range []string{"LITERAL+", "LITERAL-"} {
			t.Run(name+", "+announced, func(t *testing.T) {
				t.Parallel()
				const password = `a"b\c`
				s := newSite(t)
				s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", announced}, Literals: c.literals, Unasked: c.unasked}))
				s.mail.Ignore, s.mail.Reuse = []string{"AUTH=PLAIN"}, 0
				if name == "a literal is never asked for" {
					s.mail.Timeout = 6 * time.Second
				}
				s.server.ChangePassword(password)
				for _, account := range []string{"alice", "bob"} {
					if code, log := s.serves(account, password); code != "" {
						t.Errorf("%q: %s", code, log)
					}
				}
				if n := s.sent("LOGIN"); n != c.says {
					t.Errorf("LOGIN was said %d times, want %d: %q", n, c.says, s.server.Commands())
				}
				if n := s.server.Accepted(); n != c.dials {
					t.Errorf("%d connections, want %d", n, c.dials)
				}
				if s.sent(`b\c`) > c.says {
					t.Errorf("the password was read as a command: %q", s.server.Commands())
				}
				if code, log := s.serves("alice", password+`"`); code != translate.CodeAuth {
					t.Errorf("a wrong password: %q: %s", code, log)
				}
			})
		}
	}
}

// TestLiteralsAndQuotesFail: a server that takes a password in no form at all is tried
// twice a login, and no device is told that its password is wrong.
func TestLiteralsAndQuotesFail(t *testing.T) {
	for name, lie := range map[string]liars.Lie{"it hangs up": liars.Die(), "BAD": liars.Bad(), "BYE": liars.Bye()} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "LITERAL+"}, Literals: lie, Unasked: liars.Bad()}))
			s.mail.Ignore, s.mail.Reuse = []string{"AUTH=PLAIN"}, 0
			s.server.Lie(liars.Always("LOGIN", lie))
			for range 3 {
				if code, log := s.serves("alice", `"`); code != translate.CodeSysTemp {
					t.Errorf("%q: %s", code, log)
				}
			}
			if n := s.sent("LOGIN"); n > 6 {
				t.Errorf("LOGIN was said %d times in three logins", n)
			}
		})
	}
}

// TestLegacyCharset: a password that is not UTF-8 is tried once more as what the
// operator says it is, first where it was right so, and never otherwise.
func TestLegacyCharset(t *testing.T) {
	const latin1, utf8 = "gr\xfc\xdfe\x80", "grüße\u0080"
	for name, c := range map[string]struct {
		charset  configs.LegacyCharset
		kept     string // by the server
		typed    string
		code     string
		attempts int // in two logins
	}{
		"as the operator says":        {configs.LegacyLatin1, utf8, latin1, "", 3},
		"as it came":                  {configs.LegacyLatin1, latin1, latin1, "", 2},
		"wrong":                       {configs.LegacyLatin1, "other", latin1, translate.CodeAuth, 4},
		"UTF-8 already":               {configs.LegacyLatin1, "other", utf8, translate.CodeAuth, 2},
		"the operator says nothing":   {configs.LegacyNone, utf8, latin1, translate.CodeAuth, 2},
		"ASCII":                       {configs.LegacyLatin1, "other", "plain", translate.CodeAuth, 2},
		"UTF-8 where it is Latin-1's": {configs.LegacyLatin1, latin1, utf8, translate.CodeAuth, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.mail.LegacyCharset, s.mail.Reuse = c.charset, 0
			s.server.ChangePassword(c.kept)
			for range 2 {
				if code, log := s.serves("alice", c.typed); code != c.code {
					t.Errorf("%q: %s", code, log)
				}
			}
			if n := len(s.told()); n != c.attempts {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
		})
	}
	s := newSite(t)
	s.mail.LegacyCharset = configs.LegacyLatin1
	s.server.Lie(liars.Always("AUTHENTICATE", liars.No("[UNAVAILABLE]")))
	if code, _ := s.serves("alice", latin1); code != translate.CodeSysTemp || len(s.told()) != 1 {
		t.Errorf("a server that is not available: %q, %d attempts", code, len(s.told()))
	}
}
