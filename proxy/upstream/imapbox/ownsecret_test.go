package imapbox_test

import (
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

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
