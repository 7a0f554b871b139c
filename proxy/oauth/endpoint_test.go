package oauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"popbridge/configs"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience turns a hang into a failure; nothing is measured by it.
const patience = 30 * time.Second

const clientSecret = "open-sesame-of-popbridge"

// endpoint is an authorization server that says what a test wants it to.
type endpoint struct {
	*httptest.Server
	mu    sync.Mutex
	asked []url.Values
	say   func(n int, form url.Values) (status int, body any)
}

// newEndpoint answers the n-th question, from 1, with what say gives.
func newEndpoint(t *testing.T, say func(n int, form url.Values) (int, any)) *endpoint {
	t.Helper()
	e := &endpoint{say: say}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		user, password, _ := r.BasicAuth()
		r.Form.Set("basic", user+":"+password)
		r.Form.Set("path", r.URL.Path)
		e.mu.Lock()
		e.asked = append(e.asked, r.Form)
		n := len(e.asked)
		e.mu.Unlock()
		status, body := e.say(n, r.Form)
		w.Header().Set("Content-Type", "application/json")
		if to, ok := body.(string); ok {
			w.Header().Set("Location", to)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) questions() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]url.Values(nil), e.asked...)
}

// gives is an answer with an access token for so many seconds, and a refresh token
// where it is not empty.
func gives(access string, seconds int, refresh string) map[string]any {
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": seconds}
	if refresh != "" {
		answer["refresh_token"] = refresh
	}
	return answer
}

// refuses is an error of RFC 6749 §5.2.
func refuses(code, words string) map[string]any {
	return map[string]any{"error": code, "error_description": words}
}

// site is a Source with its vault and its log.
type site struct {
	t      *testing.T
	source *oauth.Source
	vault  *memory
	log    *lines
	mail   configs.Upstream
}

func newSite(t *testing.T, flow configs.Flow, tokenURL string) *site {
	t.Helper()
	s := &site{t: t, vault: &memory{secrets: make(map[string][]byte)}, log: &lines{}}
	s.source = oauth.New(hclog.New(&hclog.LoggerOptions{Output: s.log, Level: hclog.Trace}), s.vault)
	t.Cleanup(s.source.Close)
	s.mail = configs.Upstream{Name: "mail", Timeout: patience, Auth: configs.AuthOAuth2, OAuth2: configs.OAuth2{
		Flow: flow, TokenURL: tokenURL + "/token", DeviceURL: tokenURL + "/device", AuthURL: tokenURL + "/authorize", ClientID: "popbridge", ClientSecret: configs.NewSecret(clientSecret), Scopes: []string{"imap", "offline_access"},
	}}
	return s
}

// agreed puts what an owner has agreed to into the vault.
func (s *site) agreed(account, refresh string) {
	s.t.Helper()
	data, err := json.Marshal(map[string]any{"refresh_token": refresh})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.vault.PutSecret(context.Background(), "oauth2", account, "mail", data); err != nil {
		s.t.Fatal(err)
	}
}

// kept is the refresh token in the vault.
func (s *site) kept(account string) string {
	data, _ := s.vault.Secret(context.Background(), "oauth2", account, "mail")
	var a struct {
		Refresh string `json:"refresh_token"`
	}
	_ = json.Unmarshal(data, &a)
	return a.Refresh
}

// outdated makes the access token in the vault one of long ago.
func (s *site) outdated(account string) {
	s.t.Helper()
	if refresh := s.kept(account); refresh != "" {
		s.agreed(account, refresh)
	}
}

func (s *site) token(account, refused string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	token, err := s.source.Token(ctx, s.mail, account, configs.NewSecret(refused))
	return token.Reveal(), err
}

func (s *site) gets(account, want string) {
	s.t.Helper()
	if got, err := s.token(account, ""); got != want || err != nil {
		s.t.Errorf("the token of %s is %q, %v; want %q", account, got, err, want)
	}
}

// fails gives the error's text; a device would be told the code.
func (s *site) fails(account, code string) string {
	s.t.Helper()
	token, err := s.token(account, "")
	var refusal *translate.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code || token != "" {
		s.t.Fatalf("the token of %s is %q, %v; want a refusal with %s", account, token, err, code)
	}
	return err.Error()
}

// keepsSilent fails where the log or a text holds what must not be seen.
func (s *site) keepsSilent(text string, secrets ...string) {
	s.t.Helper()
	for _, secret := range append(secrets, clientSecret) {
		if strings.Contains(text, secret) || strings.Contains(s.log.String(), secret) {
			s.t.Errorf("%q stands in %q or in the log %q", secret, text, s.log)
		}
	}
}

// memory is a vault.
type memory struct {
	mu      sync.Mutex
	secrets map[string][]byte
	fail    error // of what writes
	writes  int
}

func (m *memory) Secret(_ context.Context, kind, account, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.secrets[fmt.Sprint(kind, "\x00", account, "\x00", name)], nil
}

func (m *memory) put(key string, secret []byte) error {
	m.writes++
	if m.fail == nil {
		m.secrets[key] = secret
	}
	return m.fail
}

func (m *memory) PutSecret(_ context.Context, kind, account, name string, secret []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(fmt.Sprint(kind, "\x00", account, "\x00", name), secret)
}

func (m *memory) SwapSecret(_ context.Context, kind, account, name string, old, secret []byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := fmt.Sprint(kind, "\x00", account, "\x00", name)
	if !bytes.Equal(m.secrets[key], old) {
		return false, nil
	}
	err := m.put(key, secret)
	return err == nil, err
}

func (m *memory) DropSecret(_ context.Context, kind, account, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, fmt.Sprint(kind, "\x00", account, "\x00", name))
	return nil
}

func (m *memory) breaks(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// written counts what was to be written.
func (m *memory) written() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// until waits for a state, however long a busy machine takes to get there.
func until(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !reached(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for: %s", what)
		}
	}
}
