package server

import (
	"encoding/base64"
	"strings"
	"testing"

	"popbridge/configs"
)

func TestTokensArePassedOn(t *testing.T) {
	for mechanism, c := range map[string]struct{ header, failed, answer string }{
		"XOAUTH2":     {"user=NAME\x01", `{"status":"401","schemes":"bearer","scope":""}`, ""},
		"OAUTHBEARER": {"n,a=NAME,\x01host=x\x01port=110\x01", `{"status":"invalid_token","scope":""}`, "AQ=="},
	} {
		t.Run(mechanism, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			addr := e.routed(t, configs.Route{User: glob(t, "dev@*"), Login: configs.LoginDevice}, configs.Route{})
			message := func(name, token string) string {
				return base64.StdEncoding.EncodeToString([]byte(strings.Replace(c.header, "NAME", name, 1) + "auth=Bearer " + token + "\x01\x01"))
			}
			d := connect(t, addr)
			defer d.close()
			refused := func(command string) {
				t.Helper()
				d.says(command, "+ "+base64.StdEncoding.EncodeToString([]byte(c.failed)))
				d.says(c.answer, "-ERR [AUTH] authentication failed")
			}
			refused("AUTH " + mechanism + " " + message("alice@example.org", "bad"))
			if e.login.Bearer.Reveal() != "bad" || !e.login.Password.Empty() {
				t.Errorf("the upstream was given %q", e.login.Bearer.Reveal())
			}
			refused("AUTH " + mechanism + " " + message("dev@example.org", goodToken))
			e.fail("OpenMailbox", errUpstream)
			d.says("AUTH "+mechanism+" "+message("alice@example.org", goodToken), "-ERR [SYS/TEMP]")
			e.fail("OpenMailbox", nil)
			d.says("AUTH "+mechanism, "+ ")
			d.says(message("Alice@example.org+scanner", goodToken), "+OK 1 messages")
			if e.login.Bearer.Reveal() != goodToken || e.login.Account != "alice@example.org" || e.key.Device != "scanner" {
				t.Errorf("the upstream was given %q for %s", e.login.Bearer.Reveal(), e.login.Account)
			}
		})
	}
}
