package service

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
	"time"

	"popbridge/configs"
)

// A session of a device leaves a trace with its login, RETR and QUIT when a configuration
// asks for it, and none before; nothing in it says who it was.
func TestSessionsAreTraced(t *testing.T) {
	came := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		came <- string(body)
	}))
	defer collector.Close()
	o := observe(t)
	login := []string{"USER " + demoUser, "PASS " + demoPassword}
	o.talk(append(login, "RETR 2", "QUIT")...)
	cfg := o.config(o.imap, "127.0.0.1:0", false)
	cfg.Telemetry = configs.Telemetry{OTLP: collector.URL, Sample: 100}
	o.configure(cfg)
	o.talk(append(login, "RETR 1", "QUIT")...)
	select {
	case body := <-came:
		var names []string
		for _, m := range regexp.MustCompile(`"name":"(\w+)"`).FindAllStringSubmatch(body, -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		if want := []string{"QUIT", "RETR", "login", "popbridge", "session"}; !slices.Equal(names, want) {
			t.Errorf("spans are %v, want %v", names, want)
		}
		if regexp.MustCompile(`alice|127\.0\.0\.1|wonderland`).MatchString(body) || !regexp.MustCompile(`"popbridge.session","value":\{"stringValue":"\w+`).MatchString(body) {
			t.Errorf("the trace is %s", body)
		}
	case <-time.After(patience):
		t.Fatal("no trace came")
	}
}
