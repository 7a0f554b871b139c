package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

// TestRefreshTokensAreKept: a server that replaces refresh tokens takes each once,
// and what it gave last is in the vault before its access token is used.
func TestRefreshTokensAreKept(t *testing.T) {
	e := newEndpoint(t, func(n int, form url.Values) (int, any) {
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != fmt.Sprint("refresh ", n) {
			return http.StatusBadRequest, refuses("invalid_grant", "")
		}
		return http.StatusOK, gives(fmt.Sprint("access ", n), 1, fmt.Sprint("refresh ", n+1))
	})
	s := newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "refresh 1")
	for n := range 4 {
		s.gets("alice", fmt.Sprint("access ", n+1))
		if got, want := s.kept("alice"), fmt.Sprint("refresh ", n+2); got != want {
			t.Errorf("the vault has %q, want %q", got, want)
		}
	}
}

// TestARefreshTokenThatStays: most servers give none anew.
func TestARefreshTokenThatStays(t *testing.T) {
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) { return http.StatusOK, gives(fmt.Sprint("access ", n), 1, "") })
	s := newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "for ever")
	s.gets("alice", "access 1")
	s.gets("alice", "access 2")
	if got := s.kept("alice"); got != "for ever" {
		t.Errorf("the vault has %q", got)
	}
}

// TestARestartAsksNobody: a token that another process has got serves here too.
func TestARestartAsksNobody(t *testing.T) {
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) { return http.StatusOK, gives(fmt.Sprint("access ", n), 3600, "") })
	s := newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "refresh")
	s.gets("alice", "access 1")
	other := newSite(t, configs.FlowDevice, e.URL)
	other.vault = s.vault
	other.source = oauth.New(hclog.NewNullLogger(), s.vault)
	t.Cleanup(other.source.Close)
	other.gets("alice", "access 1")
	if n := len(e.questions()); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// TestAnotherProxyWasFaster: it has used the refresh token up while we asked, so
// what it has got serves here too.
func TestAnotherProxyWasFaster(t *testing.T) {
	var s *site
	e := newEndpoint(t, func(n int, form url.Values) (int, any) {
		if n == 1 {
			s.agreed("alice", "theirs")
			return http.StatusBadRequest, refuses("invalid_grant", "used already")
		}
		return http.StatusOK, gives("access of "+form.Get("refresh_token"), 3600, "")
	})
	s = newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "ours")
	s.gets("alice", "access of theirs")
}

// TestLogoutWhileATokenIsAskedFor: what comes of the question is neither kept nor
// used.
func TestLogoutWhileATokenIsAskedFor(t *testing.T) {
	var s *site
	e := newEndpoint(t, func(int, url.Values) (int, any) {
		if had, err := s.source.Logout(context.Background(), s.mail, "alice"); !had || err != nil {
			t.Errorf("logging out: %v, %v", had, err)
		}
		s.source.Forget()
		return http.StatusOK, gives("too late", 3600, "again")
	})
	s = newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "refresh")
	s.fails("alice", translate.CodeSysPerm)
	if got := s.kept("alice"); got != "" {
		t.Errorf("the vault has %q", got)
	}
	s.fails("alice", translate.CodeSysPerm)
	if had, err := s.source.Logout(context.Background(), s.mail, "alice"); had || err != nil {
		t.Errorf("logging out twice: %v, %v", had, err)
	}
}

// TestWhoComesAfterALogoutWaits: a question of before is neither asked a second time
// at once, which would use a refresh token twice, nor is its answer for who comes now.
func TestWhoComesAfterALogoutWaits(t *testing.T) {
	release := make(chan struct{})
	e := newEndpoint(t, func(n int, form url.Values) (int, any) {
		if n == 1 {
			<-release
		}
		return http.StatusOK, gives("access of "+form.Get("refresh_token"), 3600, fmt.Sprint("refresh ", n))
	})
	s := newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "first")
	results := make(chan string, 2)
	ask := func() {
		token, err := s.token("alice", "")
		results <- fmt.Sprint(token, err)
	}
	go ask()
	until(t, "the question is asked", func() bool { return len(e.questions()) == 1 })
	s.source.Forget()
	if had, err := s.source.Logout(context.Background(), s.mail, "alice"); !had || err != nil {
		t.Fatal(had, err)
	}
	s.agreed("alice", "second")
	go ask()
	close(release)
	for range 2 {
		if got := <-results; got != "access of second<nil>" {
			t.Errorf("the token is %s", got)
		}
	}
	if n := len(e.questions()); n != 2 {
		t.Errorf("it was asked %d times", n)
	}
}

// TestForgettingWhileATokenIsAskedFor: the session that waits gets it, and nobody
// who comes after it.
func TestForgettingWhileATokenIsAskedFor(t *testing.T) {
	late := make(chan string, 1)
	var s *site
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) {
		if n == 1 {
			s.source.Forget()
			go func() {
				token, err := s.token("bob", "")
				late <- fmt.Sprint(token, err)
			}()
			// Long enough for bob to wait for this very answer, where that is possible.
			time.Sleep(50 * time.Millisecond)
		}
		return http.StatusOK, gives(fmt.Sprint("token ", n), 3600, "")
	})
	s = newSite(t, configs.FlowClientCredentials, e.URL)
	s.gets("alice", "token 1")
	if got := <-late; got != "token 2<nil>" {
		t.Errorf("who came after it got %s", got)
	}
	s.gets("alice", "token 2")
}

// TestTheVaultIsAwayForAMoment: a refresh token that was just given out is the only
// one that is worth anything, so it is not lost for that.
func TestTheVaultIsAwayForAMoment(t *testing.T) {
	e := newEndpoint(t, func(int, url.Values) (int, any) { return http.StatusOK, gives("access", 3600, "the new one") })
	s := newSite(t, configs.FlowDevice, e.URL)
	s.agreed("alice", "the old one")
	s.vault.breaks(errors.New("the disk is full"))
	result := make(chan string, 1)
	before := s.vault.written()
	go func() {
		token, err := s.token("alice", "")
		result <- fmt.Sprint(token, err)
	}()
	until(t, "the vault is offered it a second time", func() bool { return s.vault.written() >= before+2 })
	select {
	case got := <-result:
		t.Errorf("what is not kept was used: %s", got)
	default:
	}
	s.vault.breaks(nil)
	if got := <-result; got != "access<nil>" {
		t.Errorf("the token is %s", got)
	}
	if got := s.kept("alice"); got != "the new one" {
		t.Errorf("the vault has %q", got)
	}
	if !strings.Contains(s.log.String(), "the disk is full") {
		t.Errorf("the log says %q", s.log)
	}
	s.keepsSilent("", "the new one", "the old one")
}

// TestARefusalIsToldOnce: the log says what to do, the server is not shown the
// refresh token with every poll, and after a new agreement the next login succeeds.
func TestARefusalIsToldOnce(t *testing.T) {
	e := newEndpoint(t, func(_ int, form url.Values) (int, any) {
		if form.Get("refresh_token") == "taken-back" {
			return http.StatusBadRequest, refuses("invalid_grant", "")
		}
		return http.StatusOK, gives("access", 3600, "")
	})
	s := newSite(t, configs.FlowDevice, e.URL)
	for range 3 {
		s.fails("bob", translate.CodeSysPerm)
	}
	s.agreed("alice", "taken-back")
	for range 3 {
		s.fails("alice", translate.CodeSysPerm)
	}
	if n := len(e.questions()); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	for _, account := range []string{"alice", "bob"} {
		if n := strings.Count(s.log.String(), `run="popbridge account authorize `+account); n != 1 || !strings.Contains(s.log.String(), "[ERROR]") {
			t.Errorf("the log tells it %d times of %s: %s", n, account, s.log)
		}
	}
	s.agreed("alice", "new")
	s.gets("alice", "access")
	s.keepsSilent("", "taken-back")
}

// TestOwnersAgree is the device grant (RFC 8628).
func TestOwnersAgree(t *testing.T) {
	for name, c := range map[string]struct {
		answer map[string]any
		status int
		says   string
	}{
		"agreed":           {gives("access", 3600, "refresh"), 200, ""},
		"no refresh token": {gives("access", 3600, ""), 200, "offline_access"},
		"denied":           {refuses("access_denied", "no"), 400, "access_denied"},
		"too late":         {refuses("expired_token", ""), 400, "expired_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, func(n int, form url.Values) (int, any) {
				switch {
				case form.Get("path") == "/device":
					return 200, map[string]any{"device_code": "secret-device-code", "user_code": "ABCD-EFGH", "verification_uri": "https://login.example.org/device", "expires_in": 600, "interval": 1}
				case n == 2:
					return 400, refuses("authorization_pending", "")
				}
				return c.status, c.answer
			})
			s := newSite(t, configs.FlowDevice, e.URL)
			var prompt oauth.Prompt
			err := s.source.Authorize(context.Background(), s.mail, "alice", oauth.Owner{Ask: func(p oauth.Prompt) error { prompt = p; return nil }})
			if prompt.Address != "https://login.example.org/device" || prompt.Code != "ABCD-EFGH" || prompt.Expires.IsZero() {
				t.Errorf("the owner is shown %+v", prompt)
			}
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || s.kept("alice") != "" {
					t.Errorf("%v, and the vault has %q", err, s.kept("alice"))
				}
				return
			}
			if err != nil || s.kept("alice") != "refresh" {
				t.Fatalf("%v, and the vault has %q", err, s.kept("alice"))
			}
			s.gets("alice", "access")
			if q := e.questions(); len(q) != 3 || q[2].Get("device_code") != "secret-device-code" {
				t.Errorf("the questions were %v", q)
			}
			s.keepsSilent("", "secret-device-code")
		})
	}
}
