package pop3box_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/pop3box"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
	"popbridge/translate"
)

func TestAnOldServerThatRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		lie  liars.OldLie
		code string
	}{
		"greeting":     {liars.OldLie{Verb: "GREETING", Say: "-ERR too many connections\r\n", Hangup: true}, translate.CodeSysTemp},
		"for good":     {liars.OldLie{Verb: "GREETING", Say: "-ERR [SYS/PERM] closed\r\n", Hangup: true}, translate.CodeSysPerm},
		"silence":      {liars.OldLie{Verb: "GREETING", Hangup: true}, translate.CodeSysTemp},
		"not POP3":     {liars.OldLie{Verb: "GREETING", Say: "* OK IMAP4rev1\r\n"}, translate.CodeSysTemp},
		"in use":       {liars.OldLie{Verb: "PASS", Say: "-ERR [IN-USE] locked\r\n"}, translate.CodeInUse},
		"too soon":     {liars.OldLie{Verb: "PASS", Say: "-ERR [LOGIN-DELAY] wait\r\n"}, translate.CodeLoginDelay},
		"trouble":      {liars.OldLie{Verb: "PASS", Say: "-ERR [SYS/TEMP] disk\r\n"}, translate.CodeSysTemp},
		"bad password": {liars.OldLie{Verb: "PASS", Say: "-ERR no\r\n"}, translate.CodeAuth},
		"bad name":     {liars.OldLie{Verb: "USER", Say: "-ERR nobody\r\n"}, translate.CodeAuth},
		"cut":          {liars.OldLie{Verb: "PASS", Hangup: true}, translate.CodeSysTemp},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, liars.OldOptions{Caps: allCaps})
			s.server.Lie(test.lie)
			if _, err := s.pool.Open(s.ctx, s.request(liars.Password)); !refused(err, test.code) {
				t.Errorf("%v", err)
			}
			if n := s.counts.of(upstream.Connections); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		})
	}
	// Where the same password was good before, a bare -ERR is rather trouble.
	s := newSite(t, liars.OldOptions{Caps: allCaps})
	m, _ := s.open()
	_ = m.Close()
	s.server.Lie(liars.OldLie{Verb: "PASS", Say: "-ERR no\r\n"})
	if _, err := s.pool.Open(s.ctx, s.request(liars.Password)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("of a password that was good: %v", err)
	}
	if _, err := s.pool.Open(s.ctx, s.request("guess")); !refused(err, translate.CodeAuth) {
		t.Errorf("of another password: %v", err)
	}
}

// A master user opens every account, by PLAIN's authorization identity or by a
// name that holds both; who brings a password of the account has to show it.
func TestAnOldServerAndAMasterUser(t *testing.T) {
	for name, test := range map[string]struct {
		separator, account, password string
		sent                         []string
		code                         string
	}{
		"identity":           {"", "alice", "", []string{"AUTH PLAIN YWxpY2UAcm9vdABzZXNhbWU="}, ""},
		"separator":          {"*", "alice", "", []string{"USER alice*root", "PASS sesame"}, ""},
		"account with it":    {"*", "al*ice", "", nil, translate.CodeAuth},
		"no account":         {"", "", "", nil, translate.CodeAuth},
		"a password":         {"*", "alice", liars.Password, []string{"USER alice", "PASS " + liars.Password}, ""},
		"a password of many": {"*", "alice", "a\r\nDELE 1", nil, translate.CodeAuth},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, liars.OldOptions{Caps: append([]string{"SASL PLAIN"}, allCaps...)})
			for _, verb := range []string{"USER", "PASS", "AUTH"} {
				s.server.Lie(liars.OldLie{Verb: verb, Say: "+OK\r\n"})
			}
			s.old.Auth, s.old.MasterUser, s.old.MasterPassword, s.old.MasterSeparator = configs.AuthMaster, "root", configs.NewSecret("sesame"), test.separator
			req := s.request(test.password)
			req.Account = test.account
			m, err := s.pool.Open(s.ctx, req)
			if err == nil {
				_ = m.Close()
			}
			if test.code != "" && !refused(err, test.code) || test.code == "" && err != nil {
				t.Errorf("%v", err)
			}
			sent := slices.DeleteFunc(s.server.Commands(), func(c string) bool { return c == "CAPA" || c == "QUIT" })
			if !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q", sent)
			}
		})
	}
	s := newSite(t, liars.OldOptions{Caps: allCaps})
	if _, err := s.pool.Open(s.ctx, s.request("")); !refused(err, translate.CodeAuth) || len(s.server.Commands()) > 1 {
		t.Errorf("without any password: %v, sent %q", err, s.server.Commands())
	}
}

// What a password needs to be safe: nothing goes out before TLS.
func TestAnOldServerAndTLS(t *testing.T) {
	certificate := servers.NewCertificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(certificate.Cert, certificate.Key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	for name, test := range map[string]struct {
		o    liars.OldOptions
		how  configs.TLS
		ca   string
		lie  *liars.OldLie
		code string // empty: it works
	}{
		"STLS":                 {liars.OldOptions{TLS: config}, configs.TLSStartTLS, certificate.CA, nil, ""},
		"implicit":             {liars.OldOptions{TLS: config, Implicit: true}, configs.TLSImplicit, certificate.CA, nil, ""},
		"unknown authority":    {liars.OldOptions{TLS: config}, configs.TLSStartTLS, "", nil, translate.CodeSysPerm},
		"no STLS":              {liars.OldOptions{}, configs.TLSStartTLS, certificate.CA, nil, translate.CodeSysPerm},
		"injected behind STLS": {liars.OldOptions{TLS: config}, configs.TLSStartTLS, certificate.CA, &liars.OldLie{Verb: "STLS", Say: "+OK\r\n+OK\r\n+OK\r\n"}, translate.CodeSysPerm},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, test.o)
			s.old.TLS, s.old.CAFile = test.how, test.ca
			if test.lie != nil {
				s.server.Lie(*test.lie)
			}
			m, err := s.pool.Open(s.ctx, s.request(liars.Password))
			if err == nil {
				_ = m.Close()
			}
			if (test.code == "") != (err == nil) || err != nil && !refused(err, test.code) {
				t.Errorf("%v", err)
			}
			s.server.Close()
			if sent := strings.Join(s.server.Commands(), "\n"); err != nil && (strings.Contains(sent, "USER") || strings.Contains(sent, liars.Password)) {
				t.Errorf("sent all the same: %q", sent)
			}
		})
	}
}

// A mailbox that no device uses any more gives way to the next login, which the
// old server's lock would keep out.
func TestYield(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: allCaps, Locked: true}, letters(200)...)
	m, l := s.open()
	m.Yield()
	taken := make(chan error)
	described := 0
	err := m.Describe(s.ctx, goimap.UIDSetNum(1, 2), func(translate.Description) { described++ })
	if err != nil || described != 2 {
		t.Errorf("as long as nobody comes: %d described, %v", described, err)
	}
	var all goimap.UIDSet
	all.AddRange(1, l.UIDNext-1)
	err = m.Describe(s.ctx, all, func(translate.Description) {
		if described++; described == 3 {
			go func() {
				next, err := s.pool.Open(s.ctx, s.request(liars.Password))
				if err == nil {
					err = next.Close()
				}
				taken <- err
			}()
			for !pop3box.Wanted(m) {
				time.Sleep(time.Millisecond)
			}
		}
	})
	if err == nil || described >= 200 {
		t.Errorf("somebody wants it: %d described, %v", described, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := <-taken; err != nil {
		t.Errorf("who came: %v", err)
	}
}

func TestProbeOfAnOldServer(t *testing.T) {
	say := func(findings []upstream.Finding) (text string) {
		for _, f := range findings {
			text += fmt.Sprintf("%v %s %v; ", f.Warning, f.Text, f.Err)
		}
		return text
	}
	s := newSite(t, liars.OldOptions{Caps: []string{"USER", "PIPELINING"}}, liars.OldMessage{ID: "two words"}, liars.OldMessage{ID: "x"}, liars.OldMessage{ID: "x"})
	got := say(pop3box.Probe(s.ctx, s.old))
	for _, want := range []string{"connected without TLS, an old POP3 server that announces PIPELINING", "true it announces no UIDL", "true it announces no TOP"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	req := s.request(liars.Password)
	req.Maildrop.OnDelete = translate.DeleteTrash
	got = say(s.pool.ProbeAccount(s.ctx, req))
	if !strings.Contains(got, "the maildrop holds 3 messages") || !strings.Contains(got, `true 1 unique-ids are not allowed by RFC 1939 and 1 are repeated, such as "two words"`) || strings.Contains(got, "trash") {
		t.Errorf("%q", got)
	}
	s.server.Lie(liars.OldLie{Verb: "GREETING", Say: "-ERR closed\r\n", Hangup: true})
	if got = say(pop3box.Probe(s.ctx, s.old)); !strings.Contains(got, "closed") {
		t.Errorf("%q", got)
	}
	if got = say(s.pool.ProbeAccount(s.ctx, req)); !strings.Contains(got, "closed") {
		t.Errorf("%q", got)
	}
}

// max_connections holds for sessions, since each has its connection; the next
// login waits for a place.
func TestOldServersKeepMaxConnections(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: allCaps})
	s.old.MaxConnections = 2
	first, _ := s.open()
	second, _ := s.open()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.pool.Open(ctx, s.request(liars.Password)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("a third: %v", err)
	}
	third := make(chan error)
	go func() {
		m, err := s.pool.Open(s.ctx, s.request(liars.Password))
		if err == nil {
			err = m.Close()
		}
		third <- err
	}()
	_ = first.Close()
	if err := <-third; err != nil {
		t.Errorf("when there is a place: %v", err)
	}
	_ = second.Close()
	s.server.Close()
	if n := s.server.Most(); n > 3 {
		t.Errorf("%d connections at once", n)
	}
	if n := s.counts.of(upstream.Connections); n != 0 {
		t.Errorf("%d connections are counted", n)
	}
}

// TestMasterAtOldServer: what the master user is refused is never [AUTH], whatever the
// server says, and the cause names it.
func TestMasterAtOldServer(t *testing.T) {
	for _, say := range []string{"-ERR no\r\n", "-ERR [AUTH] no\r\n"} {
		s := newSite(t, liars.OldOptions{Caps: append([]string{"SASL PLAIN"}, allCaps...)})
		s.old.Auth, s.old.MasterUser, s.old.MasterPassword = configs.AuthMaster, "root", configs.NewSecret("sesame")
		s.server.Lie(liars.OldLie{Verb: "AUTH", Say: say})
		if _, err := s.pool.Open(s.ctx, s.request("")); !refused(err, translate.CodeSysPerm) || !strings.Contains(fmt.Sprint(err), `"root"`) {
			t.Errorf("%q: %v", say, err)
		}
	}
}
