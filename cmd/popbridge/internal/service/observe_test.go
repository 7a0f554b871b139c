package service

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"popbridge/cmd/popbridge/internal/demo"
	"popbridge/configs"
)

// The demo's mailbox, and what the service is told of its build.
const (
	demoUser     = "alice@example.org"
	demoPassword = "wonderland"
)

var build = Build{Version: "1.2.3", Commit: "abc"}

// patience turns a hang into a failure; nothing is measured by it.
const patience = 30 * time.Second

// observed is a whole service over the demo's server, with its metrics.
type observed struct {
	testing.TB
	*Service
	imap string // where the demo's server is
	log  *record
}

// record keeps what is logged.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// sent gives the IMAP commands that the log has seen leave.
func (r *record) sent() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range regexp.MustCompile(`dir=C line="?A\d+ (UID \S+|\S+)`).FindAllStringSubmatch(r.text.String(), -1) {
		names = append(names, strings.Trim(m[1], `"`))
	}
	return names
}

func observe(t testing.TB) observed {
	t.Helper()
	il, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mail := demo.NewServer(demo.Options{User: demoUser, Password: demoPassword, Now: time.Now(), Log: hclog.NewNullLogger()})
	served := make(chan error, 1)
	go func() { served <- mail.Serve(il) }()
	store, err := OpenLedger(t.Context(), configs.State{Driver: configs.DriverMemory}, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := &record{}
	s := New(hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: seen}), store, CopiesOf(configs.State{Driver: configs.DriverMemory}), build)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		_ = mail.Close()
		<-served
	})
	o := observed{t, s, il.Addr().String(), seen}
	o.configure(o.config(o.imap, "127.0.0.1:0", false))
	return o
}

func (o observed) config(imap, address string, pprof bool) *configs.Config {
	o.Helper()
	cfg, problems := configs.Parse("test.yaml", fmt.Appendf(nil, `
listener: {pop3: {address: "127.0.0.1:0", plaintext_auth: true}}
upstream: {demo: {address: %q, tls: none}}
metrics: {address: %q, pprof: %v}
`, imap, address, pprof))
	if err := problems.Err(); err != nil {
		o.Fatal(err)
	}
	return cfg
}

func (o observed) configure(cfg *configs.Config) {
	o.Helper()
	if err := o.Service.Configure(cfg); err != nil {
		o.Fatal(err)
	}
}

// get asks for a path and gives the status and the body.
func (o observed) get(path string) (int, string) {
	o.Helper()
	status, body, err := fetch(o.web.Addr().String(), path)
	if err != nil {
		o.Fatal(err)
	}
	return status, body
}

func fetch(address, path string) (int, string, error) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + address + path)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// series gives every value that /metrics shows, by name and labels as they are
// written there, and of histograms how often they were fed.
func (o observed) series() map[string]float64 {
	o.Helper()
	status, text := o.get("/metrics")
	if status != http.StatusOK {
		o.Fatalf("/metrics: %d %s", status, text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		o.Fatal(err)
	}
	values := make(map[string]float64)
	for name, family := range families {
		for _, m := range family.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			key := name + "{" + strings.Join(labels, ",") + "}"
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				values[key] = m.GetCounter().GetValue()
			case dto.MetricType_GAUGE:
				values[key] = m.GetGauge().GetValue()
			case dto.MetricType_HISTOGRAM:
				values[key] = float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return values
}

// settled gives the series when no session is open any more.
func (o observed) settled() map[string]float64 {
	o.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		open, values := 0., o.series()
		for key, value := range values {
			if strings.HasPrefix(key, "popbridge_sessions{") {
				open += value
			}
		}
		if open == 0 {
			return values
		}
	}
	o.Fatal("a session stays open")
	return nil
}

func (o observed) expect(got, want map[string]float64) {
	o.Helper()
	for key, value := range want {
		if n, ok := got["popbridge_"+key]; !ok || n != value {
			o.Errorf("%s is %v (there: %v), want %v", key, n, ok, value)
		}
	}
}

func (o observed) dial() net.Conn {
	o.Helper()
	nc, err := net.Dial("tcp", o.server.Addresses()["pop3"].String())
	if err != nil {
		o.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		o.Fatal(err)
	}
	return nc
}

// talk sends commands one after another; each is answered before the next. It
// gives the octets of what RETR and TOP have brought, without dot-stuffing.
func (o observed) talk(commands ...string) (octets float64) {
	o.Helper()
	nc := o.dial()
	defer nc.Close()
	r := bufio.NewReader(nc)
	line := func() string {
		text, err := r.ReadString('\n')
		if err != nil {
			o.Fatal(err)
		}
		return text
	}
	line()
	for _, c := range commands {
		fmt.Fprintf(nc, "%s\r\n", c)
		if !strings.HasPrefix(line(), "+OK") {
			continue
		}
		verb, _, argument := strings.Cut(c, " ")
		if verb != "RETR" && verb != "TOP" && (argument || verb != "UIDL") {
			continue
		}
		for text := line(); text != ".\r\n"; text = line() {
			if verb != "UIDL" {
				octets += float64(len(strings.TrimPrefix(text, ".")))
			}
		}
	}
	return octets
}
