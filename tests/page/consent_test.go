package page_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"popbridge/tests/bridge"
)

// ownerAgrees: an owner opens a link that an operator has made, reads what it is for, and
// signs in at the provider. It is good for that once, and for nobody else.
func ownerAgrees(t *testing.T, s *stage, b *browser) {
	var made struct{ Password string }
	if err := json.Unmarshal([]byte(s.bridge.Command(0, "account", "device", "add", third, "till", "--password", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	s.bridge.Refused(t, third, made.Password, "[SYS/PERM]")
	b.visit("/account?name=" + url.QueryEscape(third))
	b.follow("Make a link for upstream cloud")
	b.sees("Send this to the owner of "+third, "works once, and ends in 23 h")
	link := evaluate[string](b, `document.querySelector(".secret code").textContent`)

	// The owner is somebody else, who is not logged in here.
	b.follow("Log out")
	b.visit("/authorize?" + url.Values{"account": {third}, "upstream": {"cloud"}, "key": {"made up"}}.Encode())
	b.sees("This link is no longer good")
	signsIn := func(user string) (back string) {
		t.Helper()
		b.do(chromedp.Navigate(link))
		b.sees(third, "to read messages, and to delete or move those that your devices delete")
		back = s.grants.SignIn(evaluate[string](b, `document.querySelector("a.button").href`), user)
		b.do(chromedp.Navigate(back))
		return back
	}
	b.do(chromedp.Navigate(link))
	b.looks("consent")
	stranger := signsIn("mallory@example.org")
	b.sees("That did not work", "did someone other than "+third)
	s.bridge.Refused(t, third, made.Password, "[SYS/PERM]")
	b.do(chromedp.Navigate(stranger))
	b.sees("That did not work")
	back := signsIn(third)
	b.sees("Thank you", "The mailbox of "+third+" was opened")
	b.looks("consented")
	c := bridge.Login(t, s.bridge.Address("pop3"), third, made.Password)
	if n := len(c.UniqueIDs()); n != 1 {
		t.Errorf("the device sees %d messages", n)
	}
	c.Quit()
	for _, again := range []string{link, back} {
		b.do(chromedp.Navigate(again))
		b.sees("This link is no longer good")
	}
	for want, n := range map[told]int{
		{Event: "act", Act: "account authorize link", Account: third, Via: "page", From: "127.0.0.1", Result: "done"}: 1,
		{Event: "act", Act: "account authorize", Account: third, Via: "link", From: "127.0.0.1", Result: "done"}:      1,
	} {
		if got := s.tells(t, want); got != n {
			t.Errorf("the trail tells %+v %d times", want, got)
		}
	}
	b.visit("/login")
	b.fill("Password", pagePassword)
	b.follow("Log in")
}
