package desk

import (
	"strings"
	"testing"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// A help desk reads what it can tell the device's owner, with the server's name and since
// when it is so.
func TestExplain(t *testing.T) {
	first := time.Date(2026, 2, 2, 14, 2, 0, 0, time.Local)
	for name, c := range map[string]struct {
		trouble backend.Trouble
		want    string
	}{
		"a wrong password": {backend.Trouble{Code: translate.CodeAuth, Upstream: "mail", Cause: `upstream "mail", account "a": imap: server said NO [AUTHENTICATIONFAILED]`},
			"the mail server mail says that the password is wrong"},
		"no route": {backend.Trouble{Code: translate.CodeAuth, Cause: "none of 3 routes matches it"}, "no route takes this login"},
		"a device that is not known": {backend.Trouble{Code: translate.CodeAuth, Upstream: "mail", Cause: `device "x" is not known; login.devices is "known": add it with popbridge account device add`},
			"not on the list"},
		"our master user": {backend.Trouble{Code: translate.CodeSysPerm, Upstream: "mail", Times: 7, First: first, Last: first.Add(time.Hour), Cause: `master user "popbridge" (master_user, master_password) is refused, or may not open the account: …`},
			"the device's password may be right, but the mail server mail refuses popbridge's own master user since 14:02"},
		"a server that is away": {backend.Trouble{Code: translate.CodeSysTemp, Upstream: "mail", Times: 2, First: first, Last: first.Add(50 * time.Hour), Cause: `upstream "mail" cannot be reached: connection refused`},
			"the mail server mail cannot be reached since 2 February 14:02"},
		"in use":        {backend.Trouble{Code: translate.CodeInUse}, "another session holds the mailbox"},
		"a limit":       {backend.Trouble{Code: translate.CodeSysTemp, Limit: "address"}, "from this address"},
		"unknown cause": {backend.Trouble{Code: translate.CodeSysTemp, Cause: "something else"}, "the mail server has trouble that may pass"},
		"a QUIT":        {backend.Trouble{Kind: backend.TroubleQUIT, Code: translate.CodeSysTemp, Upstream: "mail", Cause: "imap: the server ended the connection"}, "deleted messages were not confirmed"},
		"a guard":       {backend.Trouble{Kind: backend.TroubleQUIT, Cause: "delete_guard: 5 of 5"}, "delete_guard: 5 of 5"},
	} {
		words, advice := Explain(c.trouble)
		if !strings.Contains(words, c.want) || advice == "" || strings.ContainsAny(words+advice, "{}") {
			t.Errorf("%s: %q, %q; want %q", name, words, advice, c.want)
		}
	}
}
