package upstream_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// clock is what the Pool reads.
type clock struct{ time.Time }

func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

// newClockSite is a site with a clock, whose server keeps no connection.
func newClockSite(t *testing.T) (*site, *clock) {
	s, c := newSite(t), &clock{time.Now()}
	s.pool.SetClock(func() time.Time { return c.Time })
	s.mail.Reuse = 0
	return s, c
}

// bare refuses the logins of some accounts without a reason.
func (s *site) bare(accounts ...string) {
	s.server.Lie(liars.Always("AUTHENTICATE", func(x *liars.Exchange) {
		told := s.told()
		for _, account := range accounts {
			if strings.Contains(told[len(told)-1], "\x00"+account+"\x00") {
				x.Send("{tag} NO LOGIN failed\r\n")
				return
			}
		}
		x.Send(x.Carry())
	}))
}

func (s *site) logsIn(account, code string) {
	s.t.Helper()
	if got, log := s.serves(account, liars.Password); got != code {
		s.t.Errorf("%s: %q, want %q: %s", account, got, code, log)
	}
}

// TestChangedPassword: of a password that was good a bare NO is the server's trouble
// for 15 minutes, and then the owner hears that it is wrong.
func TestChangedPassword(t *testing.T) {
	s, c := newClockSite(t)
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
	s, c := newClockSite(t)
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

// TestGuessesAreNoTrouble: what guessers and the owners of other passwords are
// refused says nothing of the server.
func TestGuessesAreNoTrouble(t *testing.T) {
	s, c := newClockSite(t)
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
	s, _ := newClockSite(t)
	s.logsIn("alice", "")
	s.server.Lie(liars.Always("AUTHENTICATE", liars.No("[AUTHENTICATIONFAILED]")))
	s.logsIn("alice", translate.CodeAuth)
	s.bare("alice")
	s.logsIn("alice", translate.CodeAuth)
}

// TestChangedPasswordAtOldServer is the same with an old POP3 server's -ERR.
func TestChangedPasswordAtOldServer(t *testing.T) {
	s, c := newOldSite(t, liars.OldOptions{Caps: allCaps}), &clock{time.Now()}
	s.pool.SetClock(func() time.Time { return c.Time })
	m, _ := s.open()
	_ = m.Close()
	s.server.Lie(liars.OldLie{Verb: "PASS", Say: "-ERR no\r\n"})
	for _, code := range []string{translate.CodeSysTemp, translate.CodeAuth, translate.CodeAuth} {
		if _, err := s.pool.OpenOld(s.ctx, s.request(liars.Password)); !refused(err, code) {
			t.Errorf("want %s: %v", code, err)
		}
		c.pass(15 * time.Minute)
	}
}

// TestOurOwnCredential: what popbridge itself is refused is never [AUTH], whatever
// the server says, and the cause names it.
func TestOurOwnCredential(t *testing.T) {
	for name, c := range map[string]struct{ says, code string }{
		"without a code":     {"NO LOGIN failed", translate.CodeSysPerm},
		"wrong":              {"NO [AUTHENTICATIONFAILED] no", translate.CodeSysPerm},
		"not for this one":   {"NO [AUTHORIZATIONFAILED] no", translate.CodeSysPerm},
		"expired":            {"NO [EXPIRED] no", translate.CodeSysPerm},
		"an unknown code":    {"NO [X-FANCY] no", translate.CodeSysPerm},
		"not now":            {"NO [UNAVAILABLE] no", translate.CodeSysTemp},
		"too many":           {"NO too many connections", translate.CodeSysTemp},
		"called wrong":       {"BAD no", translate.CodeSysTemp},
		"no such mechanism":  {"NO unsupported authentication mechanism", translate.CodeSysPerm},
		"it has no business": {"NO [NOPERM] no", translate.CodeSysPerm},
	} {
		t.Run(name, func(t *testing.T) {
			for _, auth := range []configs.Auth{configs.AuthMaster, configs.AuthOAuth2} {
				s := newAuthSite(t, auth, "AUTH=XOAUTH2")
				s.mail.OAuth2.ClientID = "the-client"
				s.pool.Authorize(tokens{"good"})
				s.mail.Reuse = 0
				s.server.Lie(liars.Always("AUTHENTICATE", func(x *liars.Exchange) { x.Send(x.Admit()) }))
				s.logsInAs("alice", "") // that it was good before changes nothing
				s.server.Lie(liars.Always("AUTHENTICATE", liars.Say("{tag} "+c.says+"\r\n")))
				for range 2 {
					log := s.logsInAs("alice", c.code)
					for _, named := range map[configs.Auth][]string{configs.AuthMaster: {`"admin"`, "master_password"}, configs.AuthOAuth2: {`"the-client"`, "oauth2"}}[auth] {
						if c.code == translate.CodeSysPerm && strings.Contains(c.says, "FAILED") && !strings.Contains(log, named) {
							t.Errorf("%s: %s is not named: %s", auth, named, log)
						}
					}
				}
			}
		})
	}
}

// logsInAs logs in without a password of the device's.
func (s *site) logsInAs(account, code string) (log string) {
	s.t.Helper()
	got, log := s.serves(account, "")
	if got != code {
		s.t.Errorf("%s: %q, want %q: %s", account, got, code, log)
	}
	return log
}

// TestMasterAtOldServer: likewise with the master user of an old POP3 server.
func TestMasterAtOldServer(t *testing.T) {
	for _, say := range []string{"-ERR no\r\n", "-ERR [AUTH] no\r\n"} {
		s := newOldSite(t, liars.OldOptions{Caps: append([]string{"SASL PLAIN"}, allCaps...)})
		s.old.Auth, s.old.MasterUser, s.old.MasterPassword = configs.AuthMaster, "root", configs.NewSecret("sesame")
		s.server.Lie(liars.OldLie{Verb: "AUTH", Say: say})
		if _, err := s.pool.OpenOld(s.ctx, s.request("")); !refused(err, translate.CodeSysPerm) || !strings.Contains(fmt.Sprint(err), `"root"`) {
			t.Errorf("%q: %v", say, err)
		}
	}
}
