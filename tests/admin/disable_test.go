package admin_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// disabled: who logs in to an account that an operator has disabled hears what a wrong
// password hears, also with the right one; sessions end; and all is as before when it is
// enabled.
func disabled(t *testing.T, a *api) {
	a.t = t
	whose := "/accounts/" + url.PathEscape(owner)
	wrong := a.b.Refused(t, owner, "wrong", refused)
	phone := bridge.Login(t, a.b.Address("pop3"), owner+"+phone", secret)
	a.ask("POST", whose+"/disable", reader, nil, 403)
	phone.OK("NOOP")
	a.ask("POST", whose+"/disable", writer, map[string]string{"reason": strings.Repeat("x", 201)}, 422)
	d := a.ask("POST", whose+"/disable", writer, map[string]string{"reason": "unpaid since May"}, 200)
	if d["disabled"] != owner || d["sessions"] != 1. || d["before"] != false || d["unseen"] != false {
		t.Errorf("it was disabled as %v", d)
	}
	phone.Rest()
	for _, user := range []string{owner, owner + "+phone", strings.ToUpper(owner)} {
		if said := a.b.Refused(t, user, secret, refused); said != wrong {
			t.Errorf("%s hears %q, and with a wrong password %q", user, said, wrong)
		}
	}
	a.b.Await("an operator has disabled the account (popbridge account disable): unpaid since May")
	if d := a.ask("POST", whose+"/disable", writer, nil, 200); d["before"] != true {
		t.Errorf("disabled twice: %v", d)
	}
	if one := a.ask("GET", whose, reader, nil, 200); one["disabled_since"] == nil {
		t.Errorf("it is told as %v", one)
	}
	if all := fmt.Sprint(a.ask("GET", "/accounts?search=alice", reader, nil, 200)); !strings.Contains(all, "disabled_since") {
		t.Errorf("the list is %s", all)
	}
	if found := list(a.ask("GET", "/trouble?about="+url.QueryEscape(owner), reader, nil, 200), "troubles"); !strings.Contains(fmt.Sprint(found[0]["words"]), "an operator has disabled the account") {
		t.Errorf("why it is refused is told as %v", found[0])
	}
	a.ask("POST", whose+"/enable", writer, nil, 200)
	a.ask("POST", whose+"/enable", writer, nil, 409)
	bridge.Login(t, a.b.Address("pop3"), owner+"+phone", secret).Quit()
	// One that has never logged in may be disabled too, and is known for that.
	if d := a.ask("POST", "/accounts/carol@example.org/disable", writer, nil, 200); d["unseen"] != true {
		t.Errorf("one that nobody knows: %v", d)
	}
	a.ask("GET", "/accounts/carol@example.org", reader, nil, 200)
	a.ask("POST", "/accounts/carol@example.org/enable", writer, nil, 200)
	a.ask("GET", "/accounts/carol@example.org", reader, nil, 404)
}
