package upstream_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/proxy/upstream/pop3box"
	"popbridge/tests/liars"
	"popbridge/translate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is what the Credentials read.
type clock struct{ time.Time }

func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

// site is a Dialer with a clock, and a server that keeps no connection.
type site struct {
	t      *testing.T
	server *liars.Server
	pool   *imapbox.Pool
	mail   configs.Upstream
}

func newSite(t *testing.T) (*site, *clock) {
	d, c := newDialer()
	s := &site{t: t, server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}}), pool: imapbox.NewPool(d)}
	t.Cleanup(s.pool.Close)
	s.mail = configs.Upstream{Name: "mail", Address: s.server.Address(), TLS: configs.TLSNone, Timeout: 30 * time.Second}
	return s, c
}

func newDialer() (*upstream.Dialer, *clock) {
	d, c := upstream.NewDialer(), &clock{time.Now()}
	d.Credentials.SetClock(func() time.Time { return c.Time })
	return d, c
}

// bare refuses the logins of some accounts without a reason.
func (s *site) bare(accounts ...string) {
	s.server.Lie(liars.Always("AUTHENTICATE", func(x *liars.Exchange) {
		told := s.server.Commands()
		said := strings.Fields(told[len(told)-1])
		credential, _ := base64.StdEncoding.DecodeString(said[len(said)-1])
		for _, account := range accounts {
			if strings.Contains(string(credential), "\x00"+account+"\x00") {
				x.Send("{tag} NO LOGIN failed\r\n")
				return
			}
		}
		x.Send(x.Carry())
	}))
}

// logsIn fails where a login is answered with another code; empty for success.
func (s *site) logsIn(account, code string) {
	s.t.Helper()
	m, err := s.pool.Open(s.t.Context(), backend.Request{
		Upstream: s.mail, Maildrop: configs.Maildrop{Name: "default", Mailbox: configs.Mailboxes{"INBOX"}}, Account: account,
		Password: configs.NewSecret(liars.Password), Log: hclog.NewNullLogger(),
	})
	got := ""
	if err != nil {
		got = translate.Refuse(err).Code
	} else if err := m.Close(); err != nil {
		s.t.Error(err)
	}
	if got != code {
		s.t.Errorf("%s: %q, want %q: %v", account, got, code, err)
	}
}

// TestChangedPassword: of a password that was good a bare NO is the server's trouble
// for 15 minutes, and then the owner hears that it is wrong.
func TestChangedPassword(t *testing.T) {
	s, c := newSite(t)
	for _, account := range []string{"alice", "bob", "carol"} {
		s.logsIn(account, "")
	}
	c.pass(time.Hour)
	s.bare("alice")
	s.logsIn("alice", translate.CodeSysTemp)
	c.pass(14 * time.Minute)
	s.logsIn("alice", translate.CodeSysTemp)
	c.pass(time.Minute)
	s.logsIn("alice", translate.CodeAuth)
	s.logsIn("alice", translate.CodeAuth)
	s.logsIn("bob", "")
	s.bare()
	s.logsIn("alice", "")
	s.bare("alice")
	s.logsIn("alice", translate.CodeSysTemp) // it was good a moment ago
}

// TestTroubleOfAll: where others that were good are refused too, it stays trouble,
// for as long as they are.
func TestTroubleOfAll(t *testing.T) {
	s, c := newSite(t)
	everyone := []string{"alice", "bob", "carol"}
	for _, account := range everyone {
		s.logsIn(account, "")
	}
	s.bare(everyone...)
	for range 12 {
		c.pass(10 * time.Minute)
		for _, account := range everyone {
			s.logsIn(account, translate.CodeSysTemp)
		}
	}
	s.bare("alice")
	c.pass(10 * time.Minute)
	s.logsIn("bob", "")
	s.logsIn("carol", "")
	s.logsIn("alice", translate.CodeAuth)
}

// TestOwnersDoNotKeepOneAnother: some owners who have changed their passwords where nobody
// else logs in hear so after an hour for each of the others, counted for each from its own
// first refusal; more that are refused are believed for longer.
func TestOwnersDoNotKeepOneAnother(t *testing.T) {
	for others := 1; others <= 4; others++ {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			s, c := newSite(t)
			owners := []string{"alice", "bob", "carol", "dave", "erin"}[:others+1]
			for _, owner := range owners {
				s.logsIn(owner, "")
			}
			s.bare(owners...)
			for waited := time.Duration(0); waited < time.Duration(others)*time.Hour; waited += 10 * time.Minute {
				for _, owner := range owners {
					s.logsIn(owner, translate.CodeSysTemp)
				}
				c.pass(10 * time.Minute)
			}
			for _, owner := range owners {
				s.logsIn(owner, translate.CodeAuth)
				s.logsIn(owner, translate.CodeAuth)
			}
		})
	}
	s, c := newSite(t)
	s.logsIn("alice", "")
	s.logsIn("bob", "")
	s.bare("alice", "bob")
	s.logsIn("alice", translate.CodeSysTemp)
	c.pass(50 * time.Minute)
	s.logsIn("bob", translate.CodeSysTemp)
	c.pass(10 * time.Minute)
	s.logsIn("alice", translate.CodeAuth)
	s.logsIn("bob", translate.CodeSysTemp) // for the first 15 minutes
	c.pass(10 * time.Minute)
	s.logsIn("bob", translate.CodeAuth) // what was alice's own doing says nothing of the server
}

// TestGuessesAreNoTrouble: what guessers and the owners of other passwords are
// refused says nothing of the server.
func TestGuessesAreNoTrouble(t *testing.T) {
	s, c := newSite(t)
	s.logsIn("alice", "")
	s.bare("alice", "guess0", "guess1", "guess2", "guess3")
	s.logsIn("alice", translate.CodeSysTemp)
	c.pass(15 * time.Minute)
	for n := range 4 {
		s.logsIn(fmt.Sprint("guess", n), translate.CodeAuth)
	}
	s.logsIn("alice", translate.CodeAuth)
	// A few who changed their passwords are no trouble among many who are let in.
	for n := range 5 {
		s.logsIn(fmt.Sprint("user", n), "")
	}
	s.bare("user0", "user1")
	s.logsIn("user0", translate.CodeSysTemp)
	s.logsIn("user1", translate.CodeSysTemp)
	c.pass(15 * time.Minute)
	for n := 2; n < 5; n++ {
		s.logsIn(fmt.Sprint("user", n), "")
	}
	s.logsIn("user0", translate.CodeAuth)
	s.logsIn("user1", translate.CodeAuth)
}

// TestWordOfTheServer: a code that says that the password is wrong is believed at
// once, and ends the credit that the password had.
func TestWordOfTheServer(t *testing.T) {
	s, _ := newSite(t)
	s.logsIn("alice", "")
	s.server.Lie(liars.Always("AUTHENTICATE", liars.No("[AUTHENTICATIONFAILED]")))
	s.logsIn("alice", translate.CodeAuth)
	s.bare("alice")
	s.logsIn("alice", translate.CodeAuth)
}

// says refuses every login with a text of the server's.
func (s *site) says(text string) {
	s.server.Lie(liars.Always("AUTHENTICATE", liars.No(text)))
}

// TestReasonsBeforeABareRefusal: while a server gives a reason that is not the password,
// the 15 minutes of a refusal without one do not run; and what others are refused for
// reasons of their own is no trouble of the server's, unless it says that it has some.
func TestReasonsBeforeABareRefusal(t *testing.T) {
	for text, others := range map[string]struct{ hear, alice string }{
		"[UNAVAILABLE]":  {translate.CodeSysTemp, translate.CodeSysTemp},
		"[CONTACTADMIN]": {translate.CodeSysPerm, translate.CodeAuth},
	} {
		t.Run(text, func(t *testing.T) {
			s, c := newSite(t)
			for _, account := range []string{"alice", "bob"} {
				s.logsIn(account, "")
			}
			s.says(text)
			s.logsIn("alice", others.hear)
			c.pass(time.Hour)
			s.bare("alice")
			s.logsIn("alice", translate.CodeSysTemp) // the first without a reason
			c.pass(15 * time.Minute)
			s.says(text)
			s.logsIn("bob", others.hear)
			s.bare("alice")
			s.logsIn("alice", others.alice)
			c.pass(15 * time.Minute)
			s.logsIn("bob", "")
			s.logsIn("alice", translate.CodeAuth)
		})
	}
}

// TestTwoAccountsOneWrong: with one other account that is let in, or that nobody uses now,
// a password is wrong after 15 minutes; what was right in between begins anew.
func TestTwoAccountsOneWrong(t *testing.T) {
	s, c := newSite(t)
	s.logsIn("alice", "")
	s.logsIn("bob", "")
	s.bare("alice")
	for range 2 {
		s.logsIn("alice", translate.CodeSysTemp)
		s.logsIn("bob", "")
		c.pass(7 * time.Minute)
	}
	c.pass(time.Minute)
	s.logsIn("alice", translate.CodeAuth)
	s.bare()
	s.logsIn("alice", "") // right again
	s.bare("alice")
	s.logsIn("alice", translate.CodeSysTemp)
	c.pass(time.Hour)
	s.logsIn("alice", translate.CodeAuth)
}

// TestChangedPasswordAtOldServer is the same with an old POP3 server's -ERR.
func TestChangedPasswordAtOldServer(t *testing.T) {
	server := liars.NewOld(t, liars.OldOptions{Caps: []string{"TOP", "UIDL", "USER", "PIPELINING", "RESP-CODES"}})
	d, c := newDialer()
	pool := pop3box.NewPool(d)
	open := func() error {
		m, err := pool.Open(t.Context(), backend.Request{
			Upstream: configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3, Address: server.Address(), TLS: configs.TLSNone, Timeout: 30 * time.Second},
			Account:  "alice", Password: configs.NewSecret(liars.Password), Log: hclog.NewNullLogger(),
		})
		if err == nil {
			err = m.Close()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	server.Lie(liars.OldLie{Verb: "PASS", Say: "-ERR no\r\n"})
	for _, code := range []string{translate.CodeSysTemp, translate.CodeAuth, translate.CodeAuth} {
		if err := open(); err == nil || translate.Refuse(err).Code != code {
			t.Errorf("want %s: %v", code, err)
		}
		c.pass(15 * time.Minute)
	}
}
