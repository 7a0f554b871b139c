package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *Server {
	t.Helper()
	s := New(hclog.NewNullLogger(), "something", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	t.Cleanup(func() {
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	change, err := s.Prepare("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	change.Commit()
	return s
}

// What was prepared and not committed leaves nothing open: the address can be
// had again.
func TestAbort(t *testing.T) {
	s := start(t)
	before := s.Addr()
	change, err := s.Prepare("localhost:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	opened := change.opened.listener.Addr().String()
	change.Abort()
	if s.Addr() != before {
		t.Errorf("it moved to %v", s.Addr())
	}
	if change, err = s.Prepare(opened, nil); err != nil {
		t.Fatal(err)
	}
	if !change.Commit() {
		t.Error("it says that nothing has moved")
	}
	if s.Addr().String() != opened {
		t.Errorf("it is at %v, want %s", s.Addr(), opened)
	}
	answer, err := http.Get("http://" + opened)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); string(text) != "here" {
		t.Errorf("%q, %v", text, err)
	}
}

// A client that sends nothing does not keep its connection for ever.
func TestEveryWaitIsBounded(t *testing.T) {
	h := start(t).running.http
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Errorf("a bound is missing: %+v", h)
	}
}

// A handler that panics is answered with 500 and told at ERROR, with where it was.
func TestPanic(t *testing.T) {
	var told strings.Builder
	h := sound(hclog.New(&hclog.LoggerOptions{Output: &told}), "something", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("it is nil") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	for _, want := range []string{"[ERROR]", "it is nil", "/x", "TestPanic"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("the log lacks %q: %s", want, told.String())
		}
	}
	if w.Code != http.StatusInternalServerError {
		t.Errorf("the answer is %d", w.Code)
	}
}
