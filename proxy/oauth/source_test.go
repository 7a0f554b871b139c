package oauth_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

// TestOneQuestionForAll: sessions that need the same token at the same time ask
// once, and those that come later not at all.
func TestOneQuestionForAll(t *testing.T) {
	release := make(chan struct{})
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) {
		<-release
		return http.StatusOK, gives(fmt.Sprint("token ", n), 3600, "")
	})
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { s.gets(fmt.Sprint("user ", i), "token 1") })
	}
	until(t, "the question is asked", func() bool { return len(e.questions()) > 0 })
	close(release)
	wg.Wait()
	s.gets("another", "token 1")
	asked := e.questions()
	if len(asked) != 1 {
		t.Fatalf("it was asked %d times", len(asked))
	}
	if q := asked[0]; q.Get("grant_type") != "client_credentials" || q.Get("scope") != "imap offline_access" || q.Get("basic") != "popbridge:"+clientSecret || q.Get("client_secret") != "" {
		t.Errorf("the question was %v", q)
	}
	s.keepsSilent("", "token 1")
}

// TestTokensAreReplacedInTime: a token that would not outlast a login is not used,
// and one of another way to get it neither.
func TestTokensAreReplacedInTime(t *testing.T) {
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) {
		return http.StatusOK, gives(fmt.Sprint("token ", n), map[bool]int{true: 1, false: 3600}[n < 3], "")
	})
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	s.gets("alice", "token 1")
	s.gets("alice", "token 2")
	s.gets("alice", "token 3")
	s.gets("alice", "token 3")
	s.mail.OAuth2.Scopes = []string{"other"}
	s.gets("alice", "token 4")
	s.source.Forget()
	s.gets("alice", "token 5")
}

// TestARefusedTokenIsReplaced unless it was given out just now: then the token is
// not what is wrong, and every poll would ask for a new one.
func TestARefusedTokenIsReplaced(t *testing.T) {
	e := newEndpoint(t, func(n int, _ url.Values) (int, any) { return http.StatusOK, gives(fmt.Sprint("token ", n), 3600, "") })
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	s.gets("alice", "token 1")
	if got, err := s.token("alice", "token 1"); got != "token 1" || err != nil {
		t.Errorf("in place of a new token: %q, %v", got, err)
	}
	oauth.Age(s.source, 20*time.Minute)
	if got, err := s.token("alice", "token 0"); got != "token 1" || err != nil {
		t.Errorf("in place of a token of before: %q, %v", got, err)
	}
	if got, err := s.token("alice", "token 1"); got != "token 2" || err != nil {
		t.Errorf("in place of a token that was good once: %q, %v", got, err)
	}
}

func TestWhatTheEndpointSays(t *testing.T) {
	for name, c := range map[string]struct {
		flow   configs.Flow
		status int
		body   any
		code   string
		says   string
	}{
		"a client that is not known": {configs.FlowClientCredentials, 401, refuses("invalid_client", "no such client as "+clientSecret), translate.CodeSysPerm, "invalid_client"},
		"a scope that is not given":  {configs.FlowClientCredentials, 400, refuses("invalid_scope", ""), translate.CodeSysPerm, "invalid_scope"},
		"an agreement taken back":    {configs.FlowDevice, 400, refuses("invalid_grant", "the token refresh-token-of-alice was revoked"), translate.CodeSysPerm, "popbridge account authorize alice"},
		"too many questions":         {configs.FlowDevice, 429, refuses("slow_down", ""), translate.CodeSysTemp, "429"},
		"a broken server":            {configs.FlowDevice, 500, "oops " + clientSecret, translate.CodeSysTemp, "500"},
		"no token":                   {configs.FlowDevice, 200, map[string]any{}, translate.CodeSysTemp, "missing access_token"},
		"a detour":                   {configs.FlowDevice, 307, "http://127.0.0.1:1/", translate.CodeSysTemp, "307"},
		"no JSON":                    {configs.FlowDevice, 200, "refresh-token-of-alice", translate.CodeSysTemp, "cannot parse json"},
		"too much":                   {configs.FlowDevice, 200, gives(strings.Repeat("x", 3<<20), 3600, ""), translate.CodeSysTemp, "cannot parse json"},
		"a silent no":                {configs.FlowClientCredentials, 403, map[string]any{}, translate.CodeSysPerm, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, func(int, url.Values) (int, any) { return c.status, c.body })
			s := newSite(t, c.flow, e.URL)
			s.agreed("alice", "refresh-token-of-alice")
			text := s.fails("alice", c.code)
			if !strings.Contains(text, c.says) {
				t.Errorf("%q does not say %q", text, c.says)
			}
			s.keepsSilent(text, "refresh-token-of-alice")
			if n := len(e.questions()); n != 1 {
				t.Errorf("it was asked %d times: a refresh token must not be shown twice", n)
			}
			if s.kept("alice") != "refresh-token-of-alice" {
				t.Errorf("the vault has %q", s.kept("alice"))
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	e := newEndpoint(t, nil)
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	e.Close()
	s.fails("alice", translate.CodeSysTemp)
	if text, err := s.source.Check(context.Background(), s.mail); err == nil {
		t.Errorf("the check says %q", text)
	}
	s.mail.OAuth2.Flow = configs.FlowDevice
	if text, err := s.source.Check(context.Background(), s.mail); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("the check says %q, %v", text, err)
	}
}

// TestEndpointsOverTLS have to prove their name, by ca_file if need be.
func TestEndpointsOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(gives("token", 3600, ""))
	}))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s := newSite(t, configs.FlowClientCredentials, server.URL)
	if text := s.fails("alice", translate.CodeSysTemp); !strings.Contains(text, "certificate") {
		t.Errorf("an unknown authority: %s", text)
	}
	s.mail.OAuth2.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(s.mail.OAuth2.CAFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	s.gets("alice", "token")
	if text, err := s.source.Check(context.Background(), s.mail); err != nil {
		t.Errorf("the check says %q, %v", text, err)
	}
}

// TestAnEndpointThatNeverAnswers is given up after the upstream's timeout, by every
// flow.
func TestAnEndpointThatNeverAnswers(t *testing.T) {
	for _, flow := range []configs.Flow{configs.FlowClientCredentials, configs.FlowDevice, configs.FlowJWT} {
		release := make(chan struct{})
		e := newEndpoint(t, func(int, url.Values) (int, any) {
			<-release
			return http.StatusOK, gives("late", 3600, "")
		})
		s := newSite(t, flow, e.URL)
		s.agreed("alice", "refresh")
		if flow == configs.FlowJWT {
			serviceKey(t, s)
		}
		s.mail.Timeout = 50 * time.Millisecond
		s.fails("alice", translate.CodeSysTemp)
		if err := s.source.Authorize(context.Background(), s.mail, "alice", oauth.Owner{Ask: func(oauth.Prompt) error { return nil }}); err == nil {
			t.Errorf("%s: an owner could agree", flow)
		}
		close(release)
	}
}

// TestCloseWaitsForNobody: a process that ends does not wait for an authorization
// server.
func TestCloseWaitsForNobody(t *testing.T) {
	for _, flow := range []configs.Flow{configs.FlowClientCredentials, configs.FlowDevice, configs.FlowJWT} {
		release := make(chan struct{})
		e := newEndpoint(t, func(int, url.Values) (int, any) {
			<-release
			return http.StatusOK, gives("late", 3600, "")
		})
		s := newSite(t, flow, e.URL)
		s.agreed("alice", "refresh")
		if flow == configs.FlowJWT {
			serviceKey(t, s)
		}
		s.mail.Timeout = time.Hour
		asked := make(chan error, 1)
		go func() {
			_, err := s.source.Token(context.Background(), s.mail, "alice", configs.Secret{})
			asked <- err
		}()
		until(t, "the question is asked", func() bool { return len(e.questions()) > 0 })
		closed := make(chan struct{})
		go func() {
			s.source.Close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(patience):
			t.Errorf("%s: Close waits for the server", flow)
		}
		close(release)
		if err := <-asked; translate.Refuse(err).Code != translate.CodeSysTemp {
			t.Errorf("%s: the session that waited was told %v", flow, err)
		}
	}
}

// TestASessionDoesNotWaitForever: one that goes away leaves the question to those
// that wait for it too.
func TestASessionDoesNotWaitForever(t *testing.T) {
	release := make(chan struct{})
	e := newEndpoint(t, func(int, url.Values) (int, any) {
		<-release
		return http.StatusOK, gives("late", 3600, "")
	})
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, err := s.source.Token(ctx, s.mail, "alice", configs.Secret{})
		gone <- err
	}()
	until(t, "the question is asked", func() bool { return len(e.questions()) > 0 })
	cancel()
	if code := translate.Refuse(<-gone).Code; code != translate.CodeSysTemp {
		t.Errorf("the session that went away was told %q", code)
	}
	close(release)
	s.gets("alice", "late")
	if n := len(e.questions()); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestCheckGetsAToken(t *testing.T) {
	e := newEndpoint(t, func(int, url.Values) (int, any) { return http.StatusOK, gives("token", 3600, "") })
	s := newSite(t, configs.FlowClientCredentials, e.URL)
	if text, err := s.source.Check(context.Background(), s.mail); err != nil || !strings.Contains(text, "gives an access token") {
		t.Errorf("the check says %q, %v", text, err)
	}
	s.mail.OAuth2.Flow = configs.FlowDevice
	if text, err := s.source.Check(context.Background(), s.mail); err != nil || !strings.Contains(text, "can be reached") {
		t.Errorf("the check says %q, %v", text, err)
	}
	s.mail.OAuth2.CAFile = "/nonexistent/ca.pem"
	if text, err := s.source.Check(context.Background(), s.mail); err == nil {
		t.Errorf("without its ca_file the check says %q", text)
	}
	s.fails("alice", translate.CodeSysPerm)
}
