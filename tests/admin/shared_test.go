package admin_test

import (
	"fmt"
	"net/url"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestAPIOfSeveral: where proxies share a ledger, one answers for all.
func TestAPIOfSeveral(t *testing.T) {
	mail := dovecot(t)
	tokens, _ := secretFiles(t)
	database := servers.StartPostgres(t)
	common := bridge.State("postgres", database.DSN) + separator + patientLimits
	here := bridge.Start(t, bridge.YAML(mail.IMAP, "none", "", common+"admin: {address: \"127.0.0.1:0\", tokens_file: "+tokens+"}\n"), secret, database.Password)
	there := bridge.Start(t, bridge.YAML(mail.IMAP, "none", "", common), secret, database.Password)
	a := openAPI(t, here)
	phone := bridge.Login(t, here.Address("pop3"), owner+"+phone", secret)
	scanner := bridge.Login(t, there.Address("pop3"), owner+"+scanner", secret)
	all := a.ask("GET", "/sessions", reader, nil, 200)
	if sessions := list(all, "sessions"); len(sessions) != 2 || sessions[0]["proxy"] == sessions[1]["proxy"] || fmt.Sprint(all["silent"]) != "[]" {
		t.Errorf("sessions are %v", all)
	}
	if k := a.ask("POST", "/accounts/"+url.PathEscape(owner)+"/kick", writer, map[string]string{"device": "scanner"}, 200); k["sessions"] != 1. {
		t.Errorf("kicked: %v", k)
	}
	scanner.Rest()
	scanner = bridge.Login(t, there.Address("pop3"), owner+"+scanner", secret)
	if d := a.ask("POST", "/accounts/"+url.PathEscape(owner)+"/disable", writer, nil, 200); d["sessions"] != 2. {
		t.Errorf("disabled: %v", d)
	}
	scanner.Rest()
	phone.Rest()
	there.Refused(t, owner+"+scanner", secret, refused)
	here.Refused(t, owner+"+phone", secret, refused)
	a.ask("POST", "/accounts/"+url.PathEscape(owner)+"/enable", writer, nil, 200)
	bridge.Login(t, there.Address("pop3"), owner+"+phone", secret).Quit()
	there.Refused(t, owner+"+scanner", "wrong", refused)
	if found := list(a.ask("GET", "/trouble?about="+owner, reader, nil, 200), "troubles"); len(found) == 0 || found[0]["device"] != "scanner" {
		t.Errorf("what went wrong elsewhere is told as %v", found)
	}
}
