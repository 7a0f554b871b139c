package page_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestPage: a person does with the page what operators have to do.
func TestPage(t *testing.T) {
	s := setStage(t)
	b := openBrowser(t, s.root)
	for _, c := range []struct {
		what string
		do   func(*testing.T, *stage, *browser)
	}{
		{"a login, and what is refused", logIn},
		{"a refused login and its cause", seeRefused},
		{"a session that is kicked", kickSession},
		{"a device password", givePassword},
		{"an account that is disabled", disableAccount},
		{"a deletion that is undone", undoDeletion},
		{"an owner who agrees", ownerAgrees},
		{"a name that is hostile", lookAtHostile},
		{"a migration that moves", watchMigration},
		{"a configuration with mistakes", readMistakes},
		{"all of it once more", lookAround},
	} {
		t.Run(c.what, func(t *testing.T) {
			b.t = t
			c.do(t, s, b)
		})
	}
	t.Run("what is not of this page", s.safe)
	t.Run("guesses", s.limited)
}

func logIn(t *testing.T, s *stage, b *browser) {
	b.visit("/sessions")
	b.sees("Log in")
	b.looks("login")
	b.fill("Password", "something else")
	b.follow("Log in")
	b.sees("That is not the password.")
	b.fill("Password", pagePassword)
	b.follow("Log in")
	b.sees("Nobody is logged in")
}

func seeRefused(t *testing.T, s *stage, b *browser) {
	s.bridge.Refused(t, other+"+phone", "wrong", refused)
	s.bridge.Refused(t, hostile, "wrong", refused)
	b.follow("Overview")
	b.sees("Devices are served.", "mail server own says that the password is wrong", "Type the account's password into the device again", other, hostile)
	b.follow("Trouble")
	b.fill("An account, or a device's address", other)
	b.follow("Look")
	b.sees("mail server own says that the password is wrong", other+", device phone from 127.0.0.1, listener pop3, upstream own")
	b.looks("trouble")
}

func kickSession(t *testing.T, s *stage, b *browser) {
	phone := bridge.Login(t, s.bridge.Address("pop3"), owner+"+phone", secret)
	bob := bridge.Login(t, s.bridge.Address("pop3"), other, otherSecret)
	b.visit("/sessions")
	b.sees("2 sessions", owner, "phone", other)
	b.looks("sessions")
	b.follow("Kick phone of " + owner)
	b.sees("1 session of device phone of " + owner + ": ended within about a second.")
	phone.Rest()
	b.awaits("1 session\n")
	bob.Quit()
	b.awaits("Nobody is logged in")
}

func givePassword(t *testing.T, s *stage, b *browser) {
	b.follow("Accounts")
	b.looks("accounts")
	b.fill("Name begins with", "ali")
	b.follow("Search")
	b.follow(owner)
	b.press("Add a device")
	b.fill("Name of the device", "Scanner")
	b.fill("Note beside the password", "2nd floor")
	b.fill("Expected to log in every", "1h")
	b.follow("Add the device")
	b.sees("Device scanner of "+owner+" may log in.", "it is shown this once")
	password := evaluate[string](b, `document.querySelector(".secret code").textContent`)
	b.looks("password")
	bridge.Login(t, s.bridge.Address("pop3"), owner+"+scanner", password).Quit()
	b.do(chromedp.Navigate(evaluate[string](b, `performance.getEntriesByType("navigation")[0].name`))) // the very address that has shown it
	if strings.Contains(b.shown(), password) {
		t.Error("the password is shown again")
	}
	b.press("Revoke the password of scanner")
	b.follow("Revoke the password")
	b.sees("The password of device scanner of " + owner + " is revoked, and its sessions end.")
	s.bridge.Refused(t, owner+"+scanner", password, refused)
	if strings.Contains(s.bridge.Output(), password) {
		t.Error("the log has the password")
	}
}

func disableAccount(t *testing.T, s *stage, b *browser) {
	phone := bridge.Login(t, s.bridge.Address("pop3"), owner+"+phone", secret)
	b.visit("/account?name=" + url.QueryEscape(owner))
	b.press("Disable the account")
	b.fill("Reason, for other operators", "unpaid since May")
	b.follow("Disable it")
	b.sees(owner+" is disabled", "1 session ended", "Disabled since", "Unpaid since May.")
	phone.Rest()
	s.bridge.Refused(t, owner+"+phone", secret, refused)
	b.visit("/trouble?about=" + url.QueryEscape(owner))
	b.sees("An operator has disabled the account")
	b.follow(owner)
	b.follow("Enable it")
	b.sees(owner + " is enabled")
	bridge.Login(t, s.bridge.Address("pop3"), owner+"+phone", secret).Quit()
}

func undoDeletion(t *testing.T, s *stage, b *browser) {
	w := servers.Dial(t, s.mail.IMAP, other, otherSecret)
	w.Append([]byte("From: alice@example.org\r\nMessage-ID: <lost@example.org>\r\n\r\nFind me.\r\n"))
	c := bridge.Login(t, s.bridge.Address("pop3"), other, otherSecret)
	id := c.UniqueIDs()[0]
	c.OK("DELE 1")
	c.Quit()
	if n := len(w.UIDs("INBOX")); n != 0 {
		t.Fatalf("%d messages are left", n)
	}
	b.visit("/deletions?name=" + url.QueryEscape(other))
	b.sees("<lost@example.org>", "trash", "Trash, UID")
	b.looks("deletions")
	b.visit("/account?name=" + url.QueryEscape(other))
	b.fill("A message that somebody misses: its Message-ID or unique-id", "lost@example.org")
	b.follow("Explain")
	b.sees("deleted it at", "it was moved to Trash, UID", "What else may keep it from a device", "devices see INBOX")
	b.looks("message")
	b.follow("All deletions")
	b.press("Bring back " + id)
	b.fill("The account's password at own", "wrong")
	b.follow("Bring it back")
	b.sees("server said NO")
	b.press("Bring back " + id)
	b.fill("The account's password at own", otherSecret)
	b.follow("Bring it back")
	b.sees("1 message brought back:", "<lost@example.org>")
	uids := w.UIDs("INBOX")
	if len(uids) != 1 || !strings.Contains(string(w.Raw("INBOX", uids[0])), "Find me.") {
		t.Errorf("over IMAP there is %v", uids)
	}
}

func lookAtHostile(t *testing.T, s *stage, b *browser) {
	b.visit("/account?name=" + url.QueryEscape(hostile))
	b.sees(hostile, "This cannot be shown")
	s.bridge.Command(0, "account", "device", "add", hostile, `"><script>alert(2)</script>`)
	b.visit("/account?name=" + url.QueryEscape(hostile))
	b.sees(hostile+"\n", `"><script>alert(2)</script>`)
	for _, path := range []string{"/", "/trouble", "/trouble?about=", "/accounts?search=", "/sessions?account=", "/deletions?name="} {
		b.visit(path + map[bool]string{true: url.QueryEscape(hostile)}[strings.HasSuffix(path, "=")])
	}
	if n := evaluate[int](b, `document.scripts.length`); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
}

// watchMigration never loads the page again: what it shows comes by itself.
func watchMigration(t *testing.T, s *stage, b *browser) {
	b.visit("/migration")
	b.awaits("No problems")
	b.sees("Leaving old")
	harvest := func(code int, lines ...string) {
		t.Helper()
		s.bridge.Command(code, "migrate", "harvest", "--upstream", "old", "--accounts", put(t, "accounts", strings.Join(lines, "\n")+"\n"), "--parallel", "4")
	}
	harvest(0, s.movers[:20]...)
	b.awaits("harvested\n20 of 20")
	s.movers[movers-1] = strings.ReplaceAll(s.movers[movers-1], secret, "another one")
	harvest(1, s.movers[20:]...)
	b.awaits("harvested\n49 of 50")
	b.awaits("popbridge migrate harvest for it again")
	b.sees("1 problem", "49 in the last hour", "m49@example.org")
	b.looks("migration")
}

func readMistakes(t *testing.T, s *stage, b *browser) {
	b.visit("/configuration")
	b.sees("upstream.mail.address", s.mail.IMAP, "popbridge.yaml:5", "<redacted>")
	for _, never := range []string{masterPassword, pagePassword, secretsKey} {
		if strings.Contains(b.shown(), never) {
			t.Errorf("the page shows %q", never)
		}
	}
	if s.bridge.Reload(strings.Replace(s.config, "protocol: pop3", "protocol: pop4", 1)) {
		t.Error("a configuration with a mistake is in force")
	}
	b.awaits("A configuration was refused")
	b.sees("line 6", "upstream.old.protocol", `"pop4"`)
	b.looks("configuration")
	if !s.bridge.Reload(s.config) {
		t.Error("the configuration is not in force again")
	}
	b.visit("/configuration?all=1")
	if shown := b.shown(); strings.Contains(shown, "A configuration was refused") || !strings.Contains(shown, "limits.failure_window") {
		t.Errorf("a configuration without mistakes is shown as %s", shown)
	}
}

// lookAround sees what has become of it all.
func lookAround(t *testing.T, s *stage, b *browser) {
	till := bridge.Login(t, s.bridge.Address("pop3"), owner+"+till", secret)
	b.visit("/")
	b.sees("Devices are served.", "1 session now", "1 device expected to log in regularly", "reachable", "sqlite")
	b.looks("overview")
	w := servers.Dial(t, s.mail.IMAP, other, otherSecret)
	w.Append([]byte("Subject: struck out\r\n\r\nText.\r\n"), imap.FlagDeleted)
	bridge.Login(t, s.bridge.Address("pop3"), other, otherSecret).Quit()
	b.visit("/account?name=" + url.QueryEscape(other))
	b.sees("<lost@example.org>", "back", "Not shown to the device without a name at its last login: 1 message, 1 marked \\Deleted by another program.")
	b.looks("account")
	till.Quit()
}
