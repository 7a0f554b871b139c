package page_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// caller asks the page without a browser, as somebody may who means ill.
type caller struct {
	t    *testing.T
	root string
	http http.Client
}

// from makes a caller who comes from an address of its own, so that what it fails at
// keeps nobody else out.
func from(t *testing.T, root, address string) *caller {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{t: t, root: root, http: http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends a form, or where there is none asks, with headers beside it, and gives the
// answer with its text.
func (c *caller) send(path string, form url.Values, headers ...string) (*http.Response, string) {
	c.t.Helper()
	method := http.MethodPost
	if form == nil {
		method = http.MethodGet
	}
	r, err := http.NewRequest(method, c.root+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return got, string(text)
}

// enter logs in, and gives the cookie.
func (c *caller) enter() *http.Cookie {
	c.t.Helper()
	got, text := c.send("/login", url.Values{"password": {pagePassword}, "then": {"https://evil.example/"}})
	if len(got.Cookies()) != 1 || got.Header.Get("Location") != "/" {
		c.t.Fatalf("a login is answered %s, to %q: %.300s", got.Status, got.Header.Get("Location"), text)
	}
	return got.Cookies()[0]
}

// told is a line of the trail, as far as these tests look.
type told struct{ Event, Act, Account, Via, From, Result, Cause string }

// tells counts the lines of the trail that are like one.
func (s *stage) tells(t *testing.T, want told) (n int) {
	t.Helper()
	f, err := os.Open(s.trail)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var got told
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got == want {
			n++
		}
	}
	return n
}

// safe: who has not given the password sees nothing, and who makes a browser send what its
// person does not know of changes nothing; each attempt is in the trail.
func (s *stage) safe(t *testing.T) {
	c := from(t, s.root, "127.0.0.3")
	if got, text := c.send("/", nil); got.StatusCode != 303 || got.Header.Get("Location") != "/login?then=%2F" || text != "" && !strings.Contains(text, "See Other") {
		t.Errorf("nobody is shown %s %q", got.Status, text)
	}
	login := c.enter()
	if !login.HttpOnly || login.SameSite != http.SameSiteStrictMode || login.Secure || login.Path != "/" || len(login.Value) < 26 {
		t.Errorf("the cookie is %v", login)
	}
	cookie := []string{"Cookie", login.Name + "=" + login.Value}
	got, text := c.send("/sessions", nil, cookie...)
	for header, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"} {
		if is := got.Header.Get(header); is != want {
			t.Errorf("%s is %q, want %q", header, is, want)
		}
	}
	if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	_, rest, found := strings.Cut(text, `name="token" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if !found || len(token) < 26 {
		t.Fatalf("no form has a token: %.2000s", text)
	}
	kick := func(token string) url.Values { return url.Values{"token": {token}, "account": {owner}} }
	evil := append(cookie, "Origin", "https://evil.example")
	for _, attempt := range []struct {
		what, path string
		form       url.Values
		headers    []string
		status     int
		cause      string
	}{
		{"a form without a token", "/sessions/kick", kick(""), cookie, 403, "the form is not of this login"},
		{"a form with the token of somebody else", "/sessions/kick", kick("AAAAAAAAAAAAAAAAAAAAAAAAAA"), cookie, 403, "the form is not of this login"},
		{"a form of nobody", "/sessions/kick", kick(token), nil, 303, "nobody is logged in"},
		{"a stolen cookie at another site", "/sessions/kick", kick(token), evil, 403, "the request comes from another site"},
		{"a browser that tells where it is", "/sessions/kick", kick(token), append(cookie, "Sec-Fetch-Site", "cross-site"), 403, "the request comes from another site"},
		{"an origin that is not told", "/sessions/kick", kick(token), append(cookie, "Origin", "null"), 403, "the request comes from another site"},
	} {
		want := told{Event: "act", Act: "kick", Account: owner, Via: "page", From: "127.0.0.3", Result: "refused", Cause: attempt.cause}
		before := s.tells(t, want)
		if got, text := c.send(attempt.path, attempt.form, attempt.headers...); got.StatusCode != attempt.status {
			t.Errorf("%s: %s %.300s", attempt.what, got.Status, text)
		}
		if n := s.tells(t, want) - before; n != 1 {
			t.Errorf("%s: the trail tells it %d times", attempt.what, n)
		}
	}
	if got, _ := c.send("/sessions", nil, evil...); got.StatusCode != 403 {
		t.Errorf("another site reads it: %s", got.Status)
	}
	if got, _ := c.send("/logout", url.Values{"token": {token}}, cookie...); got.StatusCode != 303 {
		t.Errorf("to log out is answered %s", got.Status)
	}
	if got, _ := c.send("/sessions", nil, cookie...); got.Header.Get("Location") != "/login?then=%2Fsessions" {
		t.Errorf("the cookie goes on after the login has ended: %s", got.Status)
	}
}

// attempts is how often a wrong password is tried.
const attempts = 10_000

// limited: who tries passwords is not listened to any more, be it the right one.
func (s *stage) limited(t *testing.T) {
	c := from(t, s.root, "127.0.0.4")
	tried := 0
	for range attempts {
		got, _ := c.send("/login", url.Values{"password": {"a guess"}})
		if got.StatusCode == 403 {
			tried++
		} else if got.StatusCode != 429 {
			t.Fatalf("a guess is answered %s", got.Status)
		}
	}
	if tried != 20 {
		t.Errorf("%d guesses were looked at, want 20", tried)
	}
	if got, _ := c.send("/login", url.Values{"password": {pagePassword}}); got.StatusCode != 429 || len(got.Cookies()) != 0 {
		t.Errorf("then the right one is answered %s, %v", got.Status, got.Cookies())
	}
	for cause, n := range map[string]int{"the password is wrong": 20, "too many attempts from this address have failed; try again later": attempts - 20 + 1} {
		if told := s.tells(t, told{Event: "login_refused", Via: "page", From: "127.0.0.4", Result: "refused", Cause: cause}); told != n {
			t.Errorf("%q is told %d times, want %d", cause, told, n)
		}
	}
}
