package metrics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/session"
	"popbridge/proxy/submission"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

func configured() *Metrics {
	m := New("1.2.3", "abc")
	m.Configure(&configs.Config{
		Listener: map[string]configs.Listener{"pop3": {}, "pop3s": {}}, Upstream: map[string]configs.Upstream{"mail": {}, "old": {}},
	})
	return m
}

// value gives what a series shows, of a histogram how often it was fed. The values
// of its labels are in the order of the labels' names.
func value(t *testing.T, m *Metrics, name string, labels ...string) float64 {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "popbridge_"+name {
			continue
		}
		for _, series := range f.Metric {
			var has []string
			for _, l := range series.Label {
				has = append(has, l.GetValue())
			}
			if strings.Join(has, ",") == strings.Join(labels, ",") {
				return series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	t.Fatalf("there is no %s of %v", name, labels)
	return 0
}

func TestMetricsAreNamedAsPrometheusAsks(t *testing.T) {
	m := configured()
	m.sessions.Refused("pop3", "limits.connections is reached")
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, namespace) {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if n, err := testutil.GatherAndCount(m.registry, "popbridge_connections_refused_total", "popbridge_build_info"); n != 2 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
}

// Two services in one process do not meet: nothing is registered globally.
func TestMetricsAreTheirOwn(t *testing.T) {
	one, other := configured(), configured()
	one.Upstreams().Upstream("mail").Add(upstream.Logins, 1)
	if got := value(t, other, "upstream_logins_total", "mail"); got != 0 {
		t.Errorf("the other one shows %v", got)
	}
}

// Every quantity has a series of its own, and all of them exist before they count.
func TestEveryQuantityIsCounted(t *testing.T) {
	m := configured()
	for q := range upstream.Quantities {
		before := total(t, m)
		m.Upstreams().Upstream("old").Add(upstream.Quantity(q), 1)
		if got := total(t, m) - before; got != 1 {
			t.Errorf("quantity %d: the series rose by %v", q, got)
		}
	}
	if got := m.upstreams.Upstream("old"); got != m.upstreams.Upstream("old") {
		t.Error("an upstream's series are made twice")
	}
	m.Upstreams().Upstream("old").Add(upstream.Connections, -1)
	if got := value(t, m, "upstream_connections", "old"); got != 0 {
		t.Errorf("connections: %v", got)
	}
}

// total sums up what is shown of upstreams.
func total(t *testing.T, m *Metrics) (sum float64) {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if name := f.GetName(); !strings.HasPrefix(name, "popbridge_upstream") && !strings.HasPrefix(name, "popbridge_prefetch") && name != "popbridge_placeholders_total" {
			continue
		}
		for _, series := range f.Metric {
			sum += series.GetCounter().GetValue() + series.GetGauge().GetValue()
		}
	}
	return sum
}

func TestASessionIsInOneState(t *testing.T) {
	m := configured()
	states := func(want ...float64) {
		t.Helper()
		for i, state := range []string{"authorization", "transaction", "update"} {
			if got := value(t, m, "sessions", "pop3", state); got != want[i] {
				t.Errorf("%v in %s, want %v", got, state, want[i])
			}
		}
	}
	first, second := m.Sessions().Session("pop3"), m.Sessions().Session("pop3")
	states(2, 0, 0)
	first.Login("mail", false, translate.CodeAuth, time.Second)
	states(2, 0, 0)
	first.Login("mail", true, "", time.Second)
	states(1, 1, 0)
	first.Update()
	states(1, 0, 1)
	first.End("quit")
	second.End("no QUIT")
	states(0, 0, 0)
	second.Login("", false, "", 0)
	if got := value(t, m, "logins_total", "none", "pop3", ""); got != 1 {
		t.Errorf("%v logins were refused without a code", got)
	}
}

// Whatever a device sends, the number of series stays what it is.
func TestLabelsAreNotADevicesToChoose(t *testing.T) {
	m := configured()
	s := m.Sessions().Session("pop3")
	count := func() int {
		n, err := testutil.GatherAndCount(m.registry, "popbridge_commands_total", "popbridge_command_duration_seconds")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	for _, verb := range []string{"XYZZY", "", "retr", "RETR 1"} {
		s.Command(verb, false, time.Millisecond)
	}
	if after := count(); after != before {
		t.Errorf("%d series became %d", before, after)
	}
	if got := value(t, m, "commands_total", "other", "refused"); got != 4 {
		t.Errorf("%v other commands, want 4", got)
	}
	verbs := slices.Concat(session.Verbs(), submission.Verbs())
	slices.Sort(verbs)
	if verbs = slices.Compact(verbs); before != 3*(len(verbs)+1) {
		t.Errorf("%d series for %d verbs", before, len(verbs))
	}
}

func TestEveryActionIsCounted(t *testing.T) {
	m := configured()
	for _, action := range []translate.OnDelete{translate.DeleteExpunge, translate.DeleteTrash, translate.DeleteArchive, translate.DeleteFlag, translate.DeleteHide} {
		m.Sessions().Session("pop3").Deleted(action, 3)
		if got := value(t, m, "messages_deleted_total", action.String()); got != 3 {
			t.Errorf("%v: %v", action, got)
		}
	}
}

// TestWrongSizesAreTheUpstreams: a message that was not as listed counts against
// the server that announced it, and one that was does not.
func TestWrongSizesAreTheUpstreams(t *testing.T) {
	m := configured()
	s := m.Sessions().Session("pop3")
	s.Retrieved("mail", true)
	s.Retrieved("mail", false)
	s.Retrieved("mail", false)
	if got := value(t, m, "size_mismatches_total", "mail"); got != 2 {
		t.Errorf("%v wrong sizes, want 2", got)
	}
	if got := value(t, m, "messages_retrieved_total", "pop3"); got != 3 {
		t.Errorf("%v messages, want 3", got)
	}
}

// count is all that is counted for a RETR of a message that was read ahead.
func count(s backend.SessionMeter, u upstream.Tally) {
	u.Add(upstream.PrefetchHits, 1)
	u.Add(upstream.PrefetchOctets, -8192)
	u.Add(upstream.PrefetchOctets, 8192)
	u.Add(upstream.Commands, 1)
	s.Octets(8192)
	s.Retrieved("mail", true)
	s.Command("RETR", true, 3*time.Millisecond)
}

func TestCountingAllocatesNothing(t *testing.T) {
	m := configured()
	s, u := m.Sessions().Session("pop3"), m.Upstreams().Upstream("mail")
	if n := testing.AllocsPerRun(100, func() { count(s, u) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCountRETR(b *testing.B) {
	m := configured()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		s, u := m.Sessions().Session("pop3"), m.Upstreams().Upstream("mail")
		for pb.Next() {
			count(s, u)
		}
	})
}

func BenchmarkCountSession(b *testing.B) {
	m := configured()
	b.ReportAllocs()
	for b.Loop() {
		s := m.Sessions().Session("pop3")
		s.Login("mail", true, "", time.Millisecond)
		s.Update()
		s.Deleted(translate.DeleteTrash, 1)
		s.End("quit")
	}
}
