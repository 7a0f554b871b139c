package imapbox_test

import (
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
)

// TestProbeLooksAtTheLogin: what upstream.auth needs and the server does not
// announce is told without a login.
func TestProbeLooksAtTheLogin(t *testing.T) {
	without := liars.Always(liars.Greeting, liars.Swap("AUTH=PLAIN", "LOGINDISABLED"))
	for name, c := range map[string]struct {
		auth      configs.Auth
		caps      string
		separator string
		id        bool
		rules     []liars.Rule
		says      string // empty: all is well
		warning   bool
	}{
		"password":                      {auth: configs.AuthPassword, caps: "X"},
		"password, none taken":          {auth: configs.AuthPassword, caps: "X", rules: []liars.Rule{without}, says: "LOGINDISABLED"},
		"master, none taken":            {auth: configs.AuthMaster, caps: "X", separator: "*", rules: []liars.Rule{without}, says: "LOGINDISABLED"},
		"master without PLAIN":          {auth: configs.AuthMaster, caps: "X", rules: []liars.Rule{without}, says: "AUTH=PLAIN"},
		"master":                        {auth: configs.AuthMaster, caps: "X"},
		"SCRAM":                         {auth: configs.AuthSCRAM, caps: "AUTH=SCRAM-SHA-256", rules: []liars.Rule{without}},
		"no SCRAM":                      {auth: configs.AuthSCRAM, caps: "X", says: "AUTH=SCRAM-SHA-256"},
		"tokens":                        {auth: configs.AuthOAuth2, caps: "AUTH=OAUTHBEARER", rules: []liars.Rule{without}},
		"no tokens":                     {auth: configs.AuthOAuth2, caps: "X", says: "AUTH=XOAUTH2"},
		"the device's address":          {auth: configs.AuthPassword, caps: "ID", id: true},
		"nobody to tell the address to": {auth: configs.AuthPassword, caps: "X", id: true, says: "send_client_ip", warning: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAuthSite(t, c.auth, c.caps)
			s.mail.MasterSeparator, s.mail.SendClientIP = c.separator, c.id
			s.server.Lie(c.rules...)
			findings := imapbox.Probe(s.ctx, s.mail, nil)
			last := findings[len(findings)-1]
			text := last.Text
			if last.Err != nil {
				text = last.Err.Error()
			}
			if c.says == "" && (len(findings) != 1 || last.Err != nil) || c.says != "" && (!strings.Contains(text, c.says) || last.Warning != c.warning || (last.Err == nil) != c.warning) {
				t.Errorf("it finds %+v", findings)
			}
			s.saysOnly()
		})
	}
}
