package logins_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

var (
	shownCode = regexp.MustCompile(`"secret"><code>([^<]+)</code>`)
	shownLink = regexp.MustCompile(`href="(http[^"]+)"`)
)

// TestALinkByDeviceCode: a program makes a link for an owner, whose upstream takes the
// consent by a code (flow = device). It shows the code, does nothing before the owner has
// agreed, keeps no consent of somebody else, and works once.
func TestALinkByDeviceCode(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, time.Minute)
	d := a.Dovecot("%u", alice, alice, message)
	s := newStage(t, d.IMAP, deviceFlow(a, ""), "device")
	s.stop()
	root := fmt.Sprintf("http://127.0.0.1:%d", servers.FreePorts(t, 1)[0])
	const reader, writer, page = "00000000000000000000000000000reader", "00000000000000000000000000000writer", "the page's own password"
	s.write("tokens", "watcher read "+reader+"\nhelpdesk write "+writer+"\n")
	s.write("page", page)
	s.config += fmt.Sprintf("admin: {address: %q, url: %q, tokens_file: %q, password_file: %q}\n", strings.TrimPrefix(root, "http://"), root, s.dir+"/tokens", s.dir+"/page")
	s.start()
	s.hide(reader, writer, page)
	till := s.devicePassword("till")
	s.refused(alice, till, "[SYS/PERM]")

	ask := func(token string, status int) (made struct{ Address, Upstream string }) {
		t.Helper()
		r, err := http.NewRequest("POST", root+"/api/v1/accounts/"+alice+"/authorize", strings.NewReader(`{"upstream": "mail"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		if err := json.NewDecoder(got.Body).Decode(&made); err != nil || got.StatusCode != status {
			t.Fatalf("a link is answered with %s, want %d: %v", got.Status, status, err)
		}
		return made
	}
	// open is the owner's browser; it gives what it shows.
	open := func(address string, status int, has ...string) string {
		t.Helper()
		got, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		text, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != status {
			t.Fatalf("%s is answered with %s, want %d: %v", address, got.Status, status, err)
		}
		bridge.Has(t, html.UnescapeString(string(text)), has...)
		return string(text)
	}
	// signIn opens the link, and enters the code as a user; it gives where to go on.
	signIn := func(link, user string) (done string) {
		t.Helper()
		text := open(link, 200, alice, "to read messages, and to delete or move those that your devices delete", "type in this code")
		code, links := shownCode.FindStringSubmatch(text), shownLink.FindAllStringSubmatch(text, -1)
		if code == nil || len(links) != 2 {
			t.Fatalf("the owner is shown %s", text)
		}
		done = html.UnescapeString(links[1][1])
		if user != "" {
			a.EnterAt(html.UnescapeString(links[0][1]), code[1], user)
		}
		return done
	}

	ask(reader, 403)
	made := ask(writer, 200)
	if !strings.HasPrefix(made.Address, root+"/authorize?") || made.Upstream != "mail" {
		t.Errorf("the link is %+v", made)
	}
	open(strings.Replace(made.Address, "key=", "key=x", 1), 404, "This link is no longer good")
	open(signIn(made.Address, ""), 409, "has not heard of your consent yet")
	s.refused(alice, till, "[SYS/PERM]")
	open(signIn(made.Address, "mallory@example.org"), 409, "did someone other than "+alice)
	s.refused(alice, till, "[SYS/PERM]")
	done := signIn(made.Address, alice)
	open(done, 200, "Thank you", "The mailbox of <strong>"+alice+"</strong> was opened")
	s.reads(alice, till)
	open(done, 404, "This link is no longer good")
	open(made.Address, 404, "This link is no longer good")
	s.hide(a.RefreshTokens()...)
}
