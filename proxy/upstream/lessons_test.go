package upstream_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// serves is a session of an account that reads message 1; it gives the code of its
// refusal, and the log.
func (s *site) serves(account, password string) (code, log string) {
	s.t.Helper()
	var out bytes.Buffer
	req := s.request(account, password)
	req.Log = hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Info})
	m, err := s.pool.Open(s.ctx, req)
	if err != nil {
		return translate.Refuse(err).Code, out.String() + err.Error()
	}
	defer s.close(m)
	if _, err = m.List(s.ctx, translate.Listing{}); err != nil {
		return translate.Refuse(err).Code, out.String() + err.Error()
	}
	return "", out.String()
}

// sent counts the commands that hold a text.
func (s *site) sent(text string) (n int) {
	for _, c := range s.server.Commands() {
		if strings.Contains(c, text) {
			n++
		}
	}
	return n
}

// TestRefusedExtensions: what is announced and refused is gone without, is not asked
// for again, and said once; check tells it.
func TestRefusedExtensions(t *testing.T) {
	for name, c := range map[string]struct {
		on    string
		do    liars.Lie
		learn string
	}{
		"NAMESPACE called wrong":      {"NAMESPACE", liars.Bad(), "NAMESPACE"},
		"NAMESPACE refused":           {"NAMESPACE", liars.No(""), "NAMESPACE"},
		"NAMESPACE cannot be":         {"NAMESPACE", liars.No("[CANNOT]"), "NAMESPACE"},
		"CONDSTORE called wrong":      {"(CONDSTORE)", liars.Bad(), "CONDSTORE"},
		"CONDSTORE refused":           {"(CONDSTORE)", liars.No(""), "CONDSTORE"},
		"SPECIAL-USE called wrong":    {"RETURN (SPECIAL-USE)", liars.Bad(), "LIST-EXTENDED"},
		"SPECIAL-USE refused":         {"RETURN (SPECIAL-USE)", liars.No(""), "LIST-EXTENDED"},
		"SPECIAL-USE called a parser": {"RETURN (SPECIAL-USE)", liars.No("[PARSE]"), "LIST-EXTENDED"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED"}}))
			s.drop.OnDelete = translate.DeleteTrash
			s.server.Lie(liars.Always(c.on, c.do))
			for i, account := range []string{"alice", "bob", "carol"} {
				code, log := s.serves(account, liars.Password)
				if code != "" {
					t.Fatalf("%s: %s, %s", account, code, log)
				}
				if said := strings.Contains(log, "it refuses "+c.learn); said != (i == 0) {
					t.Errorf("%s: the log says %q", account, log)
				}
			}
			if n := s.sent(c.on); n != 1 {
				t.Errorf("it was asked for %d times, want once: %q", n, s.server.Commands())
			}
			findings := s.pool.ProbeAccount(s.ctx, s.request("dave", liars.Password))
			if !slices.ContainsFunc(findings, func(f upstream.Finding) bool { return f.Warning && strings.Contains(f.Text, c.learn) }) {
				t.Errorf("check finds %+v", findings)
			}
		})
	}
}

// TestRefusedForAnotherReason: a mailbox that cannot be had, or not now, is no
// refusal of the extension that was used on the way.
func TestRefusedForAnotherReason(t *testing.T) {
	for name, c := range map[string]struct {
		on string
		do liars.Lie
	}{
		"every SELECT":           {"SELECT", liars.Bad()},
		"SELECT, not now":        {"(CONDSTORE)", liars.No("[UNAVAILABLE]")},
		"SELECT, not permitted":  {"(CONDSTORE)", liars.No("[NOPERM]")},
		"SELECT, come again":     {"(CONDSTORE)", liars.No("Internal error, try again later.")},
		"every LIST":             {"LIST", liars.Bad()},
		"LIST, not now":          {"RETURN (SPECIAL-USE)", liars.No("[SERVERBUG]")},
		"NAMESPACE, not now":     {"NAMESPACE", liars.No("[UNAVAILABLE]")},
		"NAMESPACE, come again":  {"NAMESPACE", liars.No("Server busy")},
		"the connection is lost": {"(CONDSTORE)", liars.Bye()},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED"}}))
			s.drop.OnDelete = translate.DeleteTrash
			s.server.Lie(liars.Always(c.on, c.do))
			if code, log := s.serves("alice", liars.Password); code == "" || code == translate.CodeAuth || strings.Contains(log, "it refuses") {
				t.Errorf("%q: %s", code, log)
			}
			s.server.Lie()
			s.server.Reset()
			if code, log := s.serves("bob", liars.Password); code != "" {
				t.Errorf("%q: %s", code, log)
			}
			for _, used := range []string{"NAMESPACE", "(CONDSTORE)", "RETURN (SPECIAL-USE)"} {
				if s.sent(used) != 1 {
					t.Errorf("%s is not used any more: %q", used, s.server.Commands())
				}
			}
		})
	}
}

// TestIgnore: what the operator does not believe is never used.
func TestIgnore(t *testing.T) {
	s := newSite(t)
	s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED", "ID"}}))
	s.drop.OnDelete = translate.DeleteTrash
	s.mail.SendClientIP = true
	s.mail.Ignore = []string{"namespace", "AUTH=PLAIN", "CONDSTORE", "LIST-EXTENDED", "id", "LOGINDISABLED"}
	if code, log := s.serves("alice", liars.Password); code != "" {
		t.Fatalf("%q: %s", code, log)
	}
	for _, used := range []string{"NAMESPACE", "AUTHENTICATE", "CONDSTORE", "RETURN", "ID ("} {
		if s.sent(used) != 0 {
			t.Errorf("%s is used: %q", used, s.server.Commands())
		}
	}
	s.server.Hangup()
	s.server.Lie(liars.Always(liars.Greeting, liars.Swap("AUTH=PLAIN", "LOGINDISABLED")))
	s.server.Reset()
	if code, log := s.serves("alice", liars.Password); code != translate.CodeSysPerm || s.sent("LOGIN") != 0 {
		t.Errorf("LOGINDISABLED was ignored: %q: %s", code, log)
	}
}

// unsafeLogin refuses a command until the connection has said ID behind its login,
// as NetEase does.
func unsafeLogin(s *site, command string) liars.Rule {
	return liars.Always(command, func(x *liars.Exchange) {
		for _, c := range slices.Backward(s.server.Commands()) {
			switch verb, _, _ := strings.Cut(c, " "); verb {
			case "ID":
				x.Send(x.Carry())
				return
			case "AUTHENTICATE":
				x.Send("{tag} NO " + command + " Unsafe Login. Please contact kefu@188.com for help\r\n")
				return
			}
		}
	})
}

// TestWantsID: a server that refuses commands until it knows who asks is told behind
// the login, from the second login on before it asks, and nothing of the device.
func TestWantsID(t *testing.T) {
	answersID := liars.Always(`ID ("name`, liars.Say("* ID NIL\r\n{tag} OK done\r\n"))
	for name, c := range map[string]struct {
		command  string
		greeting string
		ignore   []string
		ids      int
		code     string
	}{
		"SELECT":              {command: "SELECT", ids: 2},
		"LIST":                {command: "LIST", ids: 2},
		"said in greeting":    {command: "SELECT", greeting: "Coremail System IMap Server Ready(163com[x])", ids: 2},
		"forbidden":           {command: "SELECT", ignore: []string{"ID"}, code: translate.CodeSysTemp},
		"nobody asks for one": {command: "NOTHING"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "ID"}}))
			s.drop.OnDelete, s.mail.Ignore = translate.DeleteTrash, c.ignore
			rules := []liars.Rule{unsafeLogin(s, c.command), answersID}
			if c.greeting != "" {
				rules = append(rules, liars.Always(liars.Greeting, liars.Edit(func(a string) string { return strings.Split(a, "]")[0] + "] " + c.greeting + "\r\n" })))
			}
			s.server.Lie(rules...)
			for i, account := range []string{"alice", "bob"} {
				if code, log := s.serves(account, liars.Password); code != c.code {
					t.Fatalf("%s: %q: %s", account, code, log)
				}
				refusedFirst := i == 0 && c.greeting == "" && c.ids > 0
				if n := s.sent(c.command); c.ids > 0 && n != i+1+btoi(refusedFirst || i == 1 && c.greeting == "") {
					t.Errorf("%s: %s was said %d times: %q", account, c.command, n, s.server.Commands())
				}
			}
			if n := s.sent("ID ("); n != c.ids {
				t.Errorf("ID was said %d times, want %d: %q", n, c.ids, s.server.Commands())
			}
			for _, told := range s.server.Commands() {
				if strings.HasPrefix(told, "ID ") && told != `ID ("name" "popbridge" "vendor" "popbridge")` {
					t.Errorf("the server was told %q", told)
				}
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestIDAtRefusedLogin: where the login itself is refused for want of an ID, it is
// said and the login tried again; and it is never the password's fault.
func TestIDAtRefusedLogin(t *testing.T) {
	s := newSite(t)
	told := false
	s.server.Lie(
		liars.Always(`ID ("name`, func(x *liars.Exchange) { told = true; x.Send("{tag} OK done\r\n") }),
		liars.Always("AUTHENTICATE", func(x *liars.Exchange) {
			if told {
				x.Send(x.Carry())
				return
			}
			x.Send("{tag} NO Unsafe Login. Please send ID first\r\n")
		}))
	if code, log := s.serves("alice", liars.Password); code != "" {
		t.Errorf("%q: %s", code, log)
	}
	s.server.Lie(liars.Always("AUTHENTICATE", liars.Say("{tag} NO Unsafe Login\r\n")))
	if code, log := s.serves("bob", liars.Password); code != translate.CodeSysPerm {
		t.Errorf("it goes on asking: %q: %s", code, log)
	}
}

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
		s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}, NoLiterals: true}))
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
