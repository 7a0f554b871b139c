package traces

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is a small one, which reads what OTLP/HTTP says that JSON looks like.
type collector struct {
	testing.TB
	*httptest.Server
	mu     sync.Mutex
	status []int // of the next answers; then 200
	asked  int
	spans  []received
}

type received struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	StartTimeUnixNano, EndTimeUnixNano  string
	Attributes                          []keyValue
	Status                              struct{ Code int }
}

type keyValue struct {
	Key   string
	Value struct{ StringValue, IntValue *string }
}

// words are a span's name and attributes, in one line.
func (r received) words() string {
	all := []string{r.Name}
	for _, a := range r.Attributes {
		switch {
		case a.Value.StringValue != nil:
			all = append(all, strings.TrimPrefix(a.Key, "popbridge.")+"="+*a.Value.StringValue)
		case a.Value.IntValue != nil:
			all = append(all, strings.TrimPrefix(a.Key, "popbridge.")+"="+*a.Value.IntValue)
		}
	}
	if r.Status.Code == statusError {
		all = append(all, "failed")
	}
	return strings.Join(all, " ")
}

func collect(t testing.TB) *collector {
	t.Helper()
	c := &collector{TB: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "Bearer abc" {
		c.Errorf("%s %s, %v, %v", r.Method, r.URL, r.Header, err)
	}
	if len(c.status) > 0 {
		status := c.status[0]
		c.status = c.status[1:]
		w.WriteHeader(status)
		return
	}
	var said struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []keyValue }
			ScopeSpans []struct {
				Scope struct{ Name, Version string }
				Spans []received
			}
		}
	}
	if err := json.Unmarshal(body, &said); err != nil || len(said.ResourceSpans) != 1 || len(said.ResourceSpans[0].ScopeSpans) != 1 {
		c.Fatalf("%v in %s", err, body)
	}
	resource := said.ResourceSpans[0]
	if a := resource.Resource.Attributes; len(a) != 3 || a[0].Key != "service.name" || *a[0].Value.StringValue != "popbridge" || resource.ScopeSpans[0].Scope.Version != "1.2.3" {
		c.Errorf("the resource is %s", body)
	}
	c.spans = append(c.spans, resource.ScopeSpans[0].Spans...)
}

func (c *collector) got() []received {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := c.spans
	c.spans = nil
	return spans
}

// tracer hands traces to a collector, and counts.
func tracer(t testing.TB, c *collector, taken, dropped *int) *Tracer {
	tr := New(hclog.NewNullLogger(), "mx1", "1.2.3", func(a, b int) { *taken, *dropped = *taken+a, *dropped+b })
	tr.Configure(configs.Telemetry{OTLP: c.URL, Headers: configs.NewSecret("Authorization: Bearer abc\n"), Sample: 100})
	t.Cleanup(tr.client.CloseIdleConnections)
	return tr
}

// polls is a session that retrieves a message and deletes two.
func polls(m backend.Meter) {
	s := m.Session("pop3")
	if named, ok := s.(backend.Correlated); ok {
		named.Called("5f")
	}
	s.Command("USER", true, time.Millisecond)
	s.Login("mail", true, "", 50*time.Millisecond)
	s.Command("PASS", true, 51*time.Millisecond)
	s.Octets(1000)
	s.Retrieved("mail", true)
	s.Command("RETR", true, 20*time.Millisecond)
	s.Octets(10)
	s.Command("TOP", true, time.Millisecond)
	s.Command("RETR", false, time.Millisecond)
	s.Deleted(translate.DeleteTrash, 2)
	s.Command("QUIT", true, 30*time.Millisecond)
	s.End("quit")
}

// A session is a trace, with its login, every RETR and its QUIT, and their times.
func TestASessionIsATrace(t *testing.T) {
	c := collect(t)
	var taken, dropped int
	tr := tracer(t, c, &taken, &dropped)
	m := tr.Meter(backend.NoMeter{})
	polls(m)
	none := m.Session("pop3")
	none.Command("QUIT", true, time.Millisecond)
	none.End("quit") // nobody has tried to log in
	refused := m.Session("pop3")
	refused.Login("", false, "AUTH", time.Millisecond)
	refused.End("no QUIT")
	tr.Flush(t.Context())
	spans := c.got()
	var words []string
	hexadecimal := regexp.MustCompile(`^[0-9a-f]+$`)
	for _, s := range spans {
		words = append(words, s.words())
		began, err := strconv.ParseInt(s.StartTimeUnixNano, 10, 64)
		ended, err2 := strconv.ParseInt(s.EndTimeUnixNano, 10, 64)
		if err != nil || err2 != nil || ended < began || len(s.TraceID) != 32 || len(s.SpanID) != 16 || !hexadecimal.MatchString(s.TraceID+s.SpanID) {
			t.Errorf("a span is %+v", s)
		}
		if took := time.Duration(ended - began); s.words() == "RETR upstream=mail octets=1000" && took != 20*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	}
	want := []string{
		"login upstream=mail", "RETR upstream=mail octets=1000", "TOP upstream=mail octets=10", "RETR upstream=mail octets=0 failed", "QUIT upstream=mail deleted=2 on_delete=trash",
		"session session=5f listener=pop3 upstream=mail result=quit",
		"login code=AUTH failed", "session listener=pop3 result=no QUIT failed",
	}
	if strings.Join(words, "\n") != strings.Join(want, "\n") {
		t.Fatalf("spans are\n%s\nwant\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
	}
	root := spans[5]
	for _, s := range spans[:5] {
		if s.TraceID != root.TraceID || s.ParentSpanID != root.SpanID || s.Kind != kindInternal {
			t.Errorf("%+v is not below %+v", s, root)
		}
	}
	if root.ParentSpanID != "" || root.Kind != kindServer || spans[7].TraceID == root.TraceID || taken != 8 || dropped != 0 {
		t.Errorf("the session is %+v; %d were taken, %d dropped", root, taken, dropped)
	}
}

// A session of a device that sends has a span for each message, also where it needed no
// login for that.
func TestASubmissionIsATrace(t *testing.T) {
	c := collect(t)
	var taken, dropped int
	tr := tracer(t, c, &taken, &dropped)
	m := tr.Meter(backend.NoMeter{})
	s := m.Session("smtp")
	s.Login("mail", true, "", time.Millisecond)
	s.Command("AUTH", true, time.Millisecond)
	s.Command("MAIL", true, time.Millisecond)
	s.Sent("mail", 250, 5000)
	s.Command("DATA", true, time.Millisecond)
	s.Sent("mail", 451, 70)
	s.Command("BDAT", false, time.Millisecond)
	s.Command("QUIT", true, time.Millisecond)
	s.End("quit")
	before := m.Session("smtp")
	before.Sent("other", 250, 1)
	before.Command("DATA", true, time.Millisecond)
	before.End("quit")
	tr.Flush(t.Context())
	var words []string
	for _, s := range c.got() {
		words = append(words, s.words())
	}
	want := []string{
		"login upstream=mail", "send upstream=mail octets=5000 reply=250", "send upstream=mail octets=70 reply=451 failed",
		"QUIT upstream=mail deleted=0", "session listener=smtp upstream=mail result=quit",
		"send upstream=other octets=1 reply=250", "session listener=smtp upstream=other result=quit",
	}
	if strings.Join(words, "\n") != strings.Join(want, "\n") {
		t.Errorf("spans are\n%s\nwant\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
	}
}

// What a collector does not take is dropped, after another try where it is only busy; no
// session waits, however long it takes.
func TestACollectorThatTakesNothing(t *testing.T) {
	c := collect(t)
	var taken, dropped int
	tr := tracer(t, c, &taken, &dropped)
	m := tr.Meter(backend.NoMeter{})
	c.status = []int{http.StatusServiceUnavailable}
	polls(m)
	tr.Flush(t.Context())
	if taken != 6 || c.asked != 2 {
		t.Errorf("%d taken in %d requests", taken, c.asked)
	}
	c.status = []int{http.StatusBadRequest}
	polls(m)
	tr.Flush(t.Context())
	if dropped != 6 || c.asked != 3 {
		t.Errorf("%d dropped in %d requests", dropped, c.asked)
	}
	for range waiting + 10 {
		polls(m)
	}
	if dropped != 6+10*6 {
		t.Errorf("%d dropped", dropped)
	}
	s := m.Session("pop3")
	s.Login("mail", true, "", 0)
	for range 10_000 {
		s.Command("RETR", true, 0)
	}
	if n := len(s.(*session).spans); n >= maxSpans {
		t.Errorf("one session has %d spans", n)
	}
}

// Where nothing is traced, a session has the meter that it would have had.
func TestNothingIsTraced(t *testing.T) {
	tr := New(hclog.NewNullLogger(), "mx1", "1.2.3", func(int, int) { t.Error("spans are counted") })
	m := tr.Meter(backend.NoMeter{})
	if s := m.Session("pop3"); s != backend.SessionMeter(backend.NoMeter{}) {
		t.Errorf("the meter is a %T", s)
	}
	if n := testing.AllocsPerRun(100, func() { polls(m) }); n != 0 {
		t.Errorf("a session that is not traced allocates %v times", n)
	}
	tr.Configure(configs.Telemetry{OTLP: "http://127.0.0.1:1", Sample: 1})
	traced := 0
	for range 10_000 {
		if tr.chosen() {
			traced++
		}
	}
	if traced < 20 || traced > 300 {
		t.Errorf("%d of 10000 sessions are traced, 100 were asked for", traced)
	}
}

// BenchmarkSession is what a session's counting costs with and without traces.
func BenchmarkSession(b *testing.B) {
	for name, c := range map[string]configs.Telemetry{"off": {}, "on": {OTLP: "http://127.0.0.1:1", Sample: 100}} {
		b.Run(name, func(b *testing.B) {
			tr := New(hclog.NewNullLogger(), "mx1", "1.2.3", func(int, int) {})
			tr.Configure(c)
			m := tr.Meter(backend.NoMeter{})
			b.ReportAllocs()
			for b.Loop() {
				polls(m)
			}
		})
	}
}
