package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// patience turns a hang into a failure; nothing is measured by it.
const patience = 30 * time.Second

func start(t *testing.T, c configs.Metrics, ready func(context.Context) error) *Server {
	t.Helper()
	s := NewServer(hclog.NewNullLogger(), configured(), ready)
	change, err := s.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	change.Commit()
	t.Cleanup(s.Close)
	return s
}

// ask gives the status, the header and the body of an answer.
func ask(t *testing.T, s *Server, method, path string) (int, http.Header, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

func TestPaths(t *testing.T) {
	var trouble atomic.Pointer[error]
	s := start(t, configs.Metrics{Address: "127.0.0.1:0", Pprof: true}, func(ctx context.Context) error {
		if _, bounded := ctx.Deadline(); !bounded {
			return errors.New("the question has no end")
		}
		if err := trouble.Load(); err != nil {
			return *err
		}
		return nil
	})
	check := func(method, path string, status int, text string) {
		t.Helper()
		if got, _, body := ask(t, s, method, path); got != status || !strings.Contains(body, text) {
			t.Errorf("%s %s: %d %.200q, want %d %q", method, path, got, body, status, text)
		}
	}
	check("GET", "/healthz", 200, "alive\n")
	check("GET", "/readyz", 200, "ready\n")
	check("GET", "/metrics", 200, "popbridge_build_info{commit=\"abc\"")
	check("GET", "/metrics", 200, "go_goroutines ")
	check("GET", "/metrics", 200, "process_open_fds ")
	check("GET", "/debug/pprof/", 200, "goroutine")
	check("GET", "/debug/pprof/heap?debug=1", 200, "heap profile")
	check("GET", "/debug/pprof/cmdline", 200, "")
	check("GET", "/", 200, "<p>Ready: devices are served.\n<p>Version 1.2.3 (abc), go1")
	check("GET", "/", 200, `<a href="/debug/pprof/">`)
	check("GET", "/favicon.ico", 404, "")
	check("POST", "/", 405, "")
	check("GET", "/metrics/", 404, "")
	check("POST", "/metrics", 405, "")
	check("POST", "/readyz", 405, "")
	err := errors.New("draining <b>")
	trouble.Store(&err)
	check("GET", "/readyz", 503, "not ready: draining <b>\n")
	check("GET", "/", 200, `<p class="no">Not ready: draining &lt;b&gt;`)
	check("GET", "/healthz", 200, "alive\n")
	s.Admin("javascript:alert(1)")
	check("GET", "/", 200, `<a href="#ZgotmplZ">`)
	s.Admin("https://popbridge.example.org/")
	check("GET", "/", 200, `<a href="https://popbridge.example.org/">`)
	if _, header, _ := ask(t, s, "GET", "/"); !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", header)
	}
	if _, header, _ := ask(t, s, "GET", "/readyz"); header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Errorf("header %v", header)
	}
}

func TestProfilesAreServedOnlyWhenAskedFor(t *testing.T) {
	s := start(t, configs.Metrics{Address: "127.0.0.1:0"}, nil)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile", "/debug/pprof/symbol", "/debug/pprof/trace"} {
		if status, _, _ := ask(t, s, "GET", path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestAServerWithoutAnAddress(t *testing.T) {
	s := start(t, configs.Metrics{}, nil)
	if s.Addr() != nil {
		t.Errorf("it listens at %v", s.Addr())
	}
	if _, err := s.Prepare(configs.Metrics{Address: "256.0.0.1:0"}); err == nil {
		t.Error("an address that cannot be is opened")
	}
}
