package imapbox_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

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
// refusal of the extension that was used on the way. Where the same can be had without
// it the device is served, and the next connection asks for it again.
func TestRefusedForAnotherReason(t *testing.T) {
	for name, c := range map[string]struct {
		on     string
		do     liars.Lie
		served bool
	}{
		"every SELECT":           {"SELECT", liars.Bad(), false},
		"SELECT, not now":        {"(CONDSTORE)", liars.No("[UNAVAILABLE]"), true},
		"SELECT, not permitted":  {"(CONDSTORE)", liars.No("[NOPERM]"), true},
		"SELECT, come again":     {"(CONDSTORE)", liars.No("Internal error, try again later."), true},
		"SELECT, not there":      {"(CONDSTORE)", liars.No("[NONEXISTENT]"), false},
		"every LIST":             {"LIST", liars.Bad(), false},
		"LIST, not now":          {"RETURN (SPECIAL-USE)", liars.No("[SERVERBUG]"), true},
		"LIST, in use":           {"RETURN (SPECIAL-USE)", liars.No("[INUSE]"), true},
		"NAMESPACE, not now":     {"NAMESPACE", liars.No("[UNAVAILABLE]"), true},
		"NAMESPACE, come again":  {"NAMESPACE", liars.No("Server busy"), true},
		"NAMESPACE, asks for ID": {"NAMESPACE", liars.No("Unsafe Login"), true},
		"the connection is lost": {"(CONDSTORE)", liars.Bye(), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED"}}))
			s.drop.OnDelete = translate.DeleteTrash
			s.server.Lie(liars.Always(c.on, c.do))
			for i, account := range []string{"alice", "bob", "alice"} {
				if code, log := s.serves(account, liars.Password); (code == "") != c.served || code == translate.CodeAuth || strings.Contains(log, "it refuses") {
					t.Errorf("%s: %q: %s", account, code, log)
				}
				if n := s.sent(c.on); c.served && n < i+1 {
					t.Errorf("%s was asked for %d times in %d sessions", c.on, n, i+1)
				}
				s.server.Hangup()
			}
			s.server.Lie()
			s.server.Reset()
			if code, log := s.serves("carol", liars.Password); code != "" {
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

// TestPrefixWithoutNamespace: where NAMESPACE is refused, a bin that has to be made is
// made where all other mailboxes lie; elsewhere a server such as Courier takes none.
func TestPrefixWithoutNamespace(t *testing.T) {
	for name, c := range map[string]struct{ list, trash string }{
		"all below INBOX":        {"* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX.Work\r\n", "INBOX.Trash"},
		"all below inbox":        {"* LIST () \"/\" Inbox/Work\r\n* LIST () \"/\" INBOX\r\n", "Inbox/Trash"},
		"one beside INBOX":       {"* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX.Work\r\n* LIST () \".\" Home\r\n", "Trash"},
		"one with a like name":   {"* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX2.Work\r\n", "Trash"},
		"no hierarchy":           {"* LIST () NIL INBOX\r\n* LIST () NIL INBOX.Work\r\n", "Trash"},
		"INBOX alone":            {"* LIST () \".\" INBOX\r\n", "Trash"},
		"a bin is there":         {"* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX.Papierkorb\r\n", "INBOX.Papierkorb"},
		"none, not even INBOX":   {"", "Trash"},
		"INBOX with a delimiter": {"* LIST () \".\" INBOX.\r\n", "Trash"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.drop.OnDelete = translate.DeleteTrash
			s.server.Lie(liars.Always("NAMESPACE", liars.No("")), liars.Always("LIST", liars.Say(c.list+"{tag} OK done\r\n")))
			m := s.open()
			defer s.close(m)
			if got := m.Server().Trash; got != c.trash {
				t.Errorf("deleted messages go to %q, want %q", got, c.trash)
			}
		})
	}
}

// TestIgnore: what the operator does not believe is never used, and the rest is.
func TestIgnore(t *testing.T) {
	ignore := []string{"namespace", "AUTH=PLAIN", "CONDSTORE", "LIST-EXTENDED", "id", "LOGINDISABLED"}
	believed := []string{"NAMESPACE", "AUTHENTICATE", "CONDSTORE", "RETURN", `ID ("name"`, "x-originating-ip"}
	for _, ignored := range [][]string{nil, ignore} {
		s := newSite(t)
		s.client = netip.MustParseAddr("192.0.2.1")
		s.replace(liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED", "ID"}}))
		s.drop.OnDelete = translate.DeleteTrash
		s.mail.SendClientIP = true
		s.mail.Ignore = ignored
		if code, log := s.serves("alice", liars.Password); code != "" {
			t.Fatalf("%q: %s", code, log)
		}
		for _, what := range believed {
			if used := s.sent(what) != 0; used == (ignored != nil) {
				t.Errorf("with ignore = %q, %s is used: %v: %q", ignored, what, used, s.server.Commands())
			}
		}
		s.server.Hangup()
		s.server.Lie(liars.Always(liars.Greeting, liars.Swap("AUTH=PLAIN", "LOGINDISABLED")))
		s.server.Reset()
		if code, log := s.serves("alice", liars.Password); code != translate.CodeSysPerm || s.sent("LOGIN") != 0 {
			t.Errorf("LOGINDISABLED was ignored: %q: %s", code, log)
		}
	}
}

// unsafeLogin refuses a command until the connection has said ID after its login,
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

// TestWantsID: a server that refuses commands until it knows who asks is told after
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
