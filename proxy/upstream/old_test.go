package upstream_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// oldSite is one Pool in front of one scripted old POP3 server.
type oldSite struct {
	t      testing.TB
	server *liars.Old
	pool   *upstream.Pool
	counts *counts
	old    configs.Upstream
	ctx    context.Context
}

var allCaps = []string{"TOP", "UIDL", "USER", "PIPELINING", "RESP-CODES"}

func letters(n int) []liars.OldMessage {
	var mail []liars.OldMessage
	for i := range n {
		mail = append(mail, liars.OldMessage{ID: fmt.Sprintf("id-%d", i+1), Text: fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: letter %d\r\n\r\nbody\r\n.dot\r\n", i+1, i+1)})
	}
	return mail
}

func newOldSite(t testing.TB, o liars.OldOptions, mail ...liars.OldMessage) *oldSite {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &oldSite{t: t, server: liars.NewOld(t, o, mail...), counts: newCounts(), ctx: ctx}
	s.pool = upstream.NewPool(hclog.NewNullLogger())
	s.pool.Measure(s.counts)
	t.Cleanup(s.pool.Close)
	s.old = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3, Address: s.server.Address(), TLS: configs.TLSNone, Timeout: patience}
	return s
}

func (s *oldSite) request(password string) upstream.Request {
	return upstream.Request{Upstream: s.old, Account: "alice", Password: configs.NewSecret(password), Log: hclog.NewNullLogger()}
}

// open logs in and lists.
func (s *oldSite) open() (*upstream.OldMailbox, translate.Listing) {
	s.t.Helper()
	m, err := s.pool.OpenOld(s.ctx, s.request(liars.Password))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = m.Close() })
	l, err := m.List(s.ctx, translate.Listing{})
	if err != nil {
		s.t.Fatal(err)
	}
	return m, l
}

func (s *oldSite) fetch(m *upstream.OldMailbox, uid goimap.UID) (string, error) {
	var b bytes.Buffer
	err := m.Fetch(s.ctx, translate.Message{UID: uid}, nil, &b)
	return b.String(), err
}

func dele(uids ...goimap.UID) []translate.Op {
	return []translate.Op{{Kind: translate.OpDele, UIDs: goimap.UIDSetNum(uids...)}}
}

func refused(err error, code string) bool {
	var r *translate.Refusal
	return errors.As(err, &r) && r.Code == code
}

func TestAnOldServerIsServed(t *testing.T) {
	for name, o := range map[string]liars.OldOptions{
		"all":     {Caps: allCaps, Locked: true},
		"no CAPA": {Locked: true},
		"no TOP":  {Caps: []string{"UIDL", "USER"}, NoTOP: true, Locked: true},
	} {
		t.Run(name, func(t *testing.T) {
			mail := letters(3)
			mail[1].Octets = 4711 // its sizes lie
			s := newOldSite(t, o, mail...)
			m, l := s.open()
			if len(l.Entries) != 3 || l.Entries[1] != (translate.Entry{UID: 2, Size: 4711, UniqueID: "id-2"}) || !l.Assigned {
				t.Fatalf("%+v", l)
			}
			if got, err := s.fetch(m, 2); err != nil || got != mail[1].Text {
				t.Errorf("RETR: %q, %v", got, err)
			}
			var top bytes.Buffer
			if err := m.FetchTop(s.ctx, translate.Message{UID: 3}, 1, nil, &top); err != nil || top.String() != strings.TrimSuffix(mail[2].Text, ".dot\r\n") {
				t.Errorf("TOP: %q, %v", top.String(), err)
			}
			ids := make(map[goimap.UID]string)
			err := m.Describe(s.ctx, goimap.UIDSetNum(1, 2, 3), func(d translate.Description) {
				ids[d.UID] = d.MessageID
				if d.Key == (translate.ContentKey{}) || d.Print.Header == (translate.ContentKey{}) {
					t.Errorf("nothing of UID %d is known by content: %+v", d.UID, d)
				}
			})
			if err != nil || len(ids) != 3 || ids[1] != "<1@example.org>" || ids[2] != "<2@example.org>" {
				t.Errorf("described %v, %v", ids, err)
			}
			err = m.Identify(s.ctx, goimap.UIDSetNum(3), func(d translate.Description) {
				if want := fmt.Sprintf("id-%d", d.UID); d.UniqueID != want || d.Fingerprint() == 0 {
					t.Errorf("UID %d is identified as %q, want %q", d.UID, d.UniqueID, want)
				}
			})
			if err != nil {
				t.Error(err)
			}
			if outcome, err := m.Apply(s.ctx, dele(1, 3)); err != nil {
				t.Errorf("QUIT: %+v, %v", outcome, err)
			}
			if left := s.server.IDs(); !slices.Equal(left, []string{"id-2"}) {
				t.Errorf("left: %v", left)
			}
			// Whoever is curious now must not log in again for it.
			known := 0
			if err := m.Describe(s.ctx, goimap.UIDSetNum(1), func(translate.Description) { known++ }); err == nil || known != 2 || s.server.Sessions() != 1 {
				t.Errorf("behind QUIT: %d messages are known from before, %v, %d sessions", known, err, s.server.Sessions())
			}
			again, err := m.List(s.ctx, l)
			if err != nil || len(again.Entries) != 1 || again.Entries[0].UID != 2 || again.UIDNext != 4 {
				t.Errorf("listed behind QUIT: %+v, %v", again, err)
			}
		})
	}
}

// What was retrieved is not asked for again, and the rest goes in one packet.
func TestDescribeUsesWhatCameBefore(t *testing.T) {
	s := newOldSite(t, liars.OldOptions{Caps: allCaps}, letters(5)...)
	m, _ := s.open()
	if _, err := s.fetch(m, 2); err != nil {
		t.Fatal(err)
	}
	if err := m.FetchTop(s.ctx, translate.Message{UID: 3}, 1, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	known := make(map[goimap.UID]string)
	if err := m.Describe(s.ctx, goimap.UIDSetNum(2, 3), func(d translate.Description) { known[d.UID] = d.MessageID }); err != nil || known[2] != "<2@example.org>" || known[3] != "<3@example.org>" {
		t.Fatalf("%v, %v", known, err)
	}
	if err := m.Describe(s.ctx, goimap.UIDSetNum(1, 2, 4), func(translate.Description) {}); err != nil {
		t.Fatal(err)
	}
	tops := slices.DeleteFunc(s.server.Commands(), func(c string) bool { return !strings.HasPrefix(c, "TOP") })
	if !slices.Equal(tops, []string{"TOP 3 1", "TOP 1 0", "TOP 4 0"}) {
		t.Errorf("%q", tops)
	}
}

// Nothing is removed that the server does not say is removed, and nothing but what
// is marked, wherever a session is cut.
func TestQuitThatFails(t *testing.T) {
	for name, test := range map[string]struct {
		lie  liars.OldLie
		code string
		left []string
	}{
		"refused":                    {liars.OldLie{Verb: "QUIT", Say: "-ERR some not removed\r\n", Times: 1}, "", []string{"id-1", "id-2", "id-3"}},
		"cut before it is done":      {liars.OldLie{Verb: "QUIT", Hangup: true, Times: 1}, translate.CodeSysTemp, []string{"id-1", "id-2", "id-3"}},
		"cut behind it":              {liars.OldLie{Verb: "QUIT", Carry: true, Hangup: true, Times: 1}, translate.CodeSysTemp, []string{"id-2"}},
		"cut in the middle of +OK":   {liars.OldLie{Verb: "QUIT", CutAt: 2, Times: 1}, translate.CodeSysTemp, []string{"id-2"}},
		"one DELE refused":           {liars.OldLie{Verb: "DELE", Skip: 1, Say: "-ERR locked\r\n", Times: 1}, "", []string{"id-1", "id-2", "id-3"}},
		"DELE refused, RSET as well": {liars.OldLie{Verb: "DELE", Skip: 1, Say: "-ERR [SYS/PERM] no\r\n"}, translate.CodeSysPerm, []string{"id-1", "id-2", "id-3"}},
		"cut in DELE, twice":         {liars.OldLie{Verb: "DELE", Skip: 1, Hangup: true, Times: 2}, translate.CodeSysTemp, []string{"id-1", "id-2", "id-3"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newOldSite(t, liars.OldOptions{Caps: allCaps}, letters(3)...)
			m, _ := s.open()
			s.server.Lie(test.lie)
			if strings.Contains(name, "RSET") {
				s.server.Lie(liars.OldLie{Verb: "RSET", Say: "-ERR\r\n"})
			}
			if _, err := m.Apply(s.ctx, dele(1, 3)); !refused(err, test.code) {
				t.Errorf("%v", err)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			s.server.Close()
			if left := s.server.IDs(); !slices.Equal(left, test.left) {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// A server that was tired of waiting has removed nothing: what the device has marked
// is marked anew, under the numbers of another session.
func TestDeletingOnAnotherConnection(t *testing.T) {
	for name, lie := range map[string]*liars.OldLie{
		"gone":         nil,
		"cut":          {Verb: "DELE", Skip: 1, Hangup: true, Times: 1},
		"-ERR timeout": {Verb: "DELE", Say: "-ERR autologout\r\n", Hangup: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newOldSite(t, liars.OldOptions{Caps: allCaps}, letters(5)...)
			m, _ := s.open()
			if lie == nil {
				s.server.Hangup()
			} else {
				s.server.Lie(*lie)
			}
			s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
			if _, err := m.Apply(s.ctx, dele(1, 3, 4)); err != nil {
				t.Error(err)
			}
			if left := s.server.IDs(); !slices.Equal(left, []string{"id-2", "id-5"}) {
				t.Errorf("left %v", left)
			}
		})
	}
}

// Of two messages with one unique-id one may stand in the other's place when that is
// gone: after a crash, or on another connection, none of them is removed.
func TestTwinsAreNotRemovedInDoubt(t *testing.T) {
	twins := letters(3)
	twins[1].ID = "id-1"
	s := newOldSite(t, liars.OldOptions{Caps: allCaps}, twins...)
	m, l := s.open()
	_ = m.Close()
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] }) // the crash was behind QUIT
	m, _ = s.open()
	if _, err := m.List(s.ctx, l); err != nil {
		t.Fatal(err)
	}
	ops := dele(1, 3)
	ops[0].Doubt = true
	if _, err := m.Apply(s.ctx, ops); err != nil {
		t.Errorf("after a crash: %v", err)
	}
	if left := s.server.IDs(); !slices.Equal(left, []string{"id-1"}) {
		t.Errorf("after a crash: left %v", left)
	}

	s = newOldSite(t, liars.OldOptions{Caps: allCaps}, twins...)
	m, _ = s.open()
	s.server.Hangup()
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
	if _, err := m.Apply(s.ctx, dele(1)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("on another connection: %v", err)
	}
	if left := s.server.IDs(); len(left) != 2 {
		t.Errorf("on another connection: left %v", left)
	}
	m, _ = s.open()
	if _, err := m.Apply(s.ctx, dele(1)); err != nil || len(s.server.IDs()) != 1 {
		t.Errorf("where there is no doubt: %v, left %v", err, s.server.IDs())
	}
}

// Closing is no QUIT of the device's: what it has marked is not known here, and a
// session at the old server ends without removing anything.
func TestCloseRemovesNothing(t *testing.T) {
	s := newOldSite(t, liars.OldOptions{Caps: allCaps}, letters(2)...)
	m, _ := s.open()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	s.server.Close()
	if left := s.server.IDs(); len(left) != 2 || !slices.Contains(s.server.Commands(), "QUIT") {
		t.Errorf("left: %v, commands %q", left, s.server.Commands())
	}
}

// A message that is cut is an error after its first octets; the connection is
// replaced for the next, whose number there may be another.
func TestACutMessageOfAnOldServer(t *testing.T) {
	mail := letters(3)
	s := newOldSite(t, liars.OldOptions{Caps: allCaps}, mail...)
	m, _ := s.open()
	s.server.Lie(liars.OldLie{Verb: "RETR", CutAt: 30, Hangup: true, Times: 1})
	got, err := s.fetch(m, 2)
	if !refused(err, translate.CodeSysTemp) || got == "" || !strings.HasPrefix(mail[1].Text, got) {
		t.Errorf("%q, %v", got, err)
	}
	s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage { return mail[1:] })
	if got, err := s.fetch(m, 3); err != nil || got != mail[2].Text {
		t.Errorf("under another number: %q, %v", got, err)
	}
	if _, err := s.fetch(m, 1); !errors.Is(err, translate.ErrGone) {
		t.Errorf("one that is gone: %v", err)
	}
}

// A connection that has ended between two commands is replaced without a word, be
// it that the server has said farewell in place of an answer.
func TestAnOldServerThatWasTiredOfWaiting(t *testing.T) {
	for name, lie := range map[string]*liars.OldLie{
		"gone":         nil,
		"no answer":    {Verb: "RETR", Hangup: true, Times: 1},
		"-ERR timeout": {Verb: "RETR", Say: "-ERR autologout\r\n", Hangup: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			mail := letters(2)
			s := newOldSite(t, liars.OldOptions{Caps: allCaps}, mail...)
			m, _ := s.open()
			if lie == nil {
				s.server.Hangup()
			} else {
				s.server.Lie(*lie)
			}
			if got, err := s.fetch(m, 2); err != nil || got != mail[1].Text {
				t.Errorf("%q, %v", got, err)
			}
			if n := s.server.Sessions(); n != 2 {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

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
			s := newOldSite(t, liars.OldOptions{Caps: allCaps})
			s.server.Lie(test.lie)
			if _, err := s.pool.OpenOld(s.ctx, s.request(liars.Password)); !refused(err, test.code) {
				t.Errorf("%v", err)
			}
			if n := s.counts.of(upstream.Connections); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		})
	}
	// Where the same password was good before, a bare -ERR is rather trouble.
	s := newOldSite(t, liars.OldOptions{Caps: allCaps})
	m, _ := s.open()
	_ = m.Close()
	s.server.Lie(liars.OldLie{Verb: "PASS", Say: "-ERR no\r\n"})
	if _, err := s.pool.OpenOld(s.ctx, s.request(liars.Password)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("of a password that was good: %v", err)
	}
	if _, err := s.pool.OpenOld(s.ctx, s.request("guess")); !refused(err, translate.CodeAuth) {
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
			s := newOldSite(t, liars.OldOptions{Caps: append([]string{"SASL PLAIN"}, allCaps...)})
			for _, verb := range []string{"USER", "PASS", "AUTH"} {
				s.server.Lie(liars.OldLie{Verb: verb, Say: "+OK\r\n"})
			}
			s.old.Auth, s.old.MasterUser, s.old.MasterPassword, s.old.MasterSeparator = configs.AuthMaster, "root", configs.NewSecret("sesame"), test.separator
			req := s.request(test.password)
			req.Account = test.account
			m, err := s.pool.OpenOld(s.ctx, req)
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
	s := newOldSite(t, liars.OldOptions{Caps: allCaps})
	if _, err := s.pool.OpenOld(s.ctx, s.request("")); !refused(err, translate.CodeAuth) || len(s.server.Commands()) > 1 {
		t.Errorf("without any password: %v, sent %q", err, s.server.Commands())
	}
}

// A server without unique-ids gets them from headers: the same in each session, and
// different ones for different messages.
func TestAnOldServerWithoutUniqueIDs(t *testing.T) {
	for name, o := range map[string]liars.OldOptions{"TOP": {NoUIDL: true, Caps: allCaps}, "neither": {NoUIDL: true, NoTOP: true, Caps: []string{"USER"}}, "not even CAPA": {NoUIDL: true, NoTOP: true}} {
		t.Run(name, func(t *testing.T) {
			mail := letters(3)
			mail = append(mail, mail[1], liars.OldMessage{Text: "X: no identity\r\n\r\n"})
			s := newOldSite(t, o, mail...)
			m, l := s.open()
			_ = m.Close()
			seen := make(map[string]bool)
			for _, e := range l.Entries {
				if !translate.ValidUniqueID(e.UniqueID) || seen[e.UniqueID] {
					t.Errorf("%+v", e)
				}
				seen[e.UniqueID] = true
			}
			s.server.Mail(func(mail []liars.OldMessage) []liars.OldMessage {
				return append(mail[1:], liars.OldMessage{Text: "Subject: new\r\n\r\n"})
			})
			m, _ = s.open()
			again, err := m.List(s.ctx, l)
			if err != nil || len(again.Entries) != 5 || again.Entries[4].UID != 6 || again.Entries[0] != l.Entries[1] {
				t.Errorf("%+v, %v", again, err)
			}
		})
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
			s := newOldSite(t, test.o)
			s.old.TLS, s.old.CAFile = test.how, test.ca
			if test.lie != nil {
				s.server.Lie(*test.lie)
			}
			m, err := s.pool.OpenOld(s.ctx, s.request(liars.Password))
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
	s := newOldSite(t, liars.OldOptions{Caps: allCaps, Locked: true}, letters(200)...)
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
				next, err := s.pool.OpenOld(s.ctx, s.request(liars.Password))
				if err == nil {
					err = next.Close()
				}
				taken <- err
			}()
			for !upstream.Wanted(m) {
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
	s := newOldSite(t, liars.OldOptions{Caps: []string{"USER", "PIPELINING"}}, liars.OldMessage{ID: "two words"}, liars.OldMessage{ID: "x"}, liars.OldMessage{ID: "x"})
	got := say(s.pool.Probe(s.ctx, s.old, nil))
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
	if got = say(s.pool.Probe(s.ctx, s.old, nil)); !strings.Contains(got, "closed") {
		t.Errorf("%q", got)
	}
	if got = say(s.pool.ProbeAccount(s.ctx, req)); !strings.Contains(got, "closed") {
		t.Errorf("%q", got)
	}
}

// max_connections holds for sessions, since each has its connection; the next
// login waits for a place.
func TestOldServersKeepMaxConnections(t *testing.T) {
	s := newOldSite(t, liars.OldOptions{Caps: allCaps})
	s.old.MaxConnections = 2
	first, _ := s.open()
	second, _ := s.open()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.pool.OpenOld(ctx, s.request(liars.Password)); !refused(err, translate.CodeSysTemp) {
		t.Errorf("a third: %v", err)
	}
	third := make(chan error)
	go func() {
		m, err := s.pool.OpenOld(s.ctx, s.request(liars.Password))
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

func TestADamagedListingOfAnOldServer(t *testing.T) {
	s := newOldSite(t, liars.OldOptions{Caps: allCaps}, letters(1)...)
	m, _ := s.open()
	if _, err := m.List(s.ctx, translate.Listing{UIDValidity: translate.AssignedValidity}); !errors.Is(err, translate.ErrDamagedListing) {
		t.Errorf("UIDs that are lost were given anew: %v", err)
	}
	if l, err := m.List(s.ctx, translate.Listing{UIDValidity: 7, UIDNext: 100}); err != nil || l.UIDNext != 2 {
		t.Errorf("behind an IMAP server of the same name: %+v, %v", l, err)
	}
}
