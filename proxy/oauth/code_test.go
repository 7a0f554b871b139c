package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/oauth"
)

// signIn is an owner with a browser: it opens the address that the command shows, and
// gives where it is sent back to, with more in the query.
func signIn(t *testing.T, address string, more url.Values) (back *url.URL, challenge string) {
	t.Helper()
	asked, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := asked.Query()
	if asked.Path != "/authorize" || q.Get("response_type") != "code" || q.Get("client_id") != "popbridge" || q.Get("scope") != "imap offline_access" ||
		q.Get("code_challenge_method") != "S256" || q.Get("login_hint") != "alice" || len(q.Get("state")) < 20 {
		t.Errorf("the owner is sent to %s", address)
	}
	back, err = url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Hostname() != "localhost" {
		t.Fatalf("the browser is sent back to %q, %v", q.Get("redirect_uri"), err)
	}
	if !more.Has("state") {
		more.Set("state", q.Get("state"))
	}
	back.Path, back.RawQuery = "/", more.Encode()
	return back, q.Get("code_challenge")
}

// visit has a browser open an address; the host takes the place of localhost.
func visit(t *testing.T, address url.URL, host string) string {
	t.Helper()
	address.Host = net.JoinHostPort(host, address.Port())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(address.String())
	if err != nil {
		t.Error(err)
		return ""
	}
	page, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		t.Error(err)
	}
	return string(page)
}

// soon gives what comes, and fails where nothing does.
func soon[T any](t *testing.T, c <-chan T) (came T) {
	t.Helper()
	select {
	case came = <-c:
	case <-time.After(patience):
		t.Fatal("nothing comes")
	}
	return came
}

// TestABrowserComesBack is the authorization code grant with PKCE: answers that are not
// ours are told so, and the wait goes on; ours ends it.
func TestABrowserComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		host  string     // where the browser comes back; empty: its address is pasted
		said  url.Values // with the state that was sent
		fails string
	}{
		"on 127.0.0.1":        {"127.0.0.1", url.Values{"code": {"the-code"}}, ""},
		"on ::1":              {"::1", url.Values{"code": {"the-code"}}, ""},
		"pasted":              {"", url.Values{"code": {"the-code"}}, ""},
		"refused":             {"127.0.0.1", url.Values{"error": {"access_denied"}, "error_description": {"AADSTS65001: no consent"}}, "Grant admin consent"},
		"refused, and pasted": {"", url.Values{"error": {"access_denied"}, "error_description": {"the user said no"}}, "the user said no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var challenge string
			e := newEndpoint(t, func(_ int, form url.Values) (int, any) {
				verifier := sha256.Sum256([]byte(form.Get("code_verifier")))
				if form.Get("grant_type") != "authorization_code" || form.Get("code") != "the-code" || !strings.HasPrefix(form.Get("redirect_uri"), "http://localhost:") ||
					base64.RawURLEncoding.EncodeToString(verifier[:]) != challenge {
					return http.StatusBadRequest, refuses("invalid_grant", "wrong code")
				}
				return http.StatusOK, gives("access", 3600, "refresh")
			})
			s := newSite(t, configs.FlowCode, e.URL)
			pasted, mistakes := make(chan string, 5), make(chan error, 5)
			shown := make(chan string, 1)
			ended := make(chan error, 1)
			go func() {
				ended <- s.source.Authorize(context.Background(), s.mail, "alice", oauth.Owner{
					Ask:      func(p oauth.Prompt) error { shown <- p.Address; return nil },
					Pasted:   pasted,
					Mistaken: func(err error) { mistakes <- err },
				})
			}()
			address := soon(t, shown)
			var back, stray *url.URL
			back, challenge = signIn(t, address, c.said)
			stray, _ = signIn(t, address, url.Values{"code": {"another-code"}, "state": {"another-state"}})
			if page := visit(t, *stray, "127.0.0.1"); !strings.Contains(page, "answers another question") {
				t.Errorf("with another state the browser is shown %q", page)
			}
			pasted <- ""
			for text, want := range map[string]string{stray.String(): "answers another question", "the-code": "this is no address", "http://localhost:1/": "holds no state"} {
				pasted <- text
				if err := soon(t, mistakes); !strings.Contains(err.Error(), want) {
					t.Errorf("%q is answered by %v, want %q", text, err, want)
				}
			}
			if c.host == "" {
				pasted <- " '" + back.String() + "'\n"
			} else if page := visit(t, *back, c.host); !strings.Contains(page, "popbridge") || strings.Contains(page, "the-code") {
				t.Errorf("the browser is shown %q", page)
			}
			err := soon(t, ended)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || s.kept("alice") != "" || len(e.questions()) != 0 {
					t.Errorf("%v, and the vault has %q", err, s.kept("alice"))
				}
				return
			}
			if err != nil || s.kept("alice") != "refresh" {
				t.Fatalf("%v, and the vault has %q", err, s.kept("alice"))
			}
			s.gets("alice", "access")
			s.keepsSilent("", "the-code", "refresh")
		})
	}
}

// TestAnOwnerGivesUp: the command that is interrupted frees its port.
func TestAnOwnerGivesUp(t *testing.T) {
	s := newSite(t, configs.FlowCode, "http://127.0.0.1:1")
	ctx, cancel := context.WithCancel(context.Background())
	var back *url.URL
	err := s.source.Authorize(ctx, s.mail, "alice", oauth.Owner{Ask: func(p oauth.Prompt) error {
		back, _ = signIn(t, p.Address, url.Values{})
		cancel()
		return nil
	}})
	if err == nil {
		t.Error("nobody has agreed, and it ends without an error")
	}
	if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", back.Port())); err == nil {
		_ = c.Close()
		t.Error("the port is open still")
	}
}
