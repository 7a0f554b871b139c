package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/notices"
	"popbridge/proxy/sent"
	"popbridge/proxy/upstream"
)

// namespace begins the name of every metric of our own.
const namespace = "popbridge"

// Metrics counts what one service does.
type Metrics struct {
	version   string
	commit    string
	since     time.Time
	registry  *prometheus.Registry
	sessions  *sessions
	upstreams *upstreams
	ledger    *operations
	filed     *prometheus.CounterVec
	notified  *prometheus.CounterVec
	traced    *prometheus.CounterVec
	reloaded  prometheus.Gauge
	loadedAt  prometheus.Gauge
}

// New makes a Metrics whose counts are zero. version and commit say what was
// built.
func New(version, commit string) *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{version: version, commit: commit, since: time.Now(), registry: r, sessions: newSessions(r), upstreams: newUpstreams(r), ledger: newLedger(r)}
	m.filed = counters(r, "sent_filed_total", "Copies of sent mail on their way to their mailbox: filed, there (the server had put it there), failed (it is tried again) or given_up.", "upstream", "outcome")
	m.notified = counters(r, "notifications_total", "Attempts to tell operators by the webhook, by what has happened: delivered, or failed (it is tried again).", "kind", "result")
	for _, kind := range notices.Kinds() {
		m.notified.WithLabelValues(string(kind), "delivered")
		m.notified.WithLabelValues(string(kind), "failed")
	}
	m.traced = counters(r, "trace_spans_total", "Spans for OpenTelemetry (telemetry): taken by the collector, or dropped.", "result")
	m.Traced(0, 0)
	m.reloaded = gauges(r, "config_last_reload_successful", "1 where the configuration in force is what the last start or reload has read, 0 where a reload was refused.").WithLabelValues()
	m.loadedAt = gauges(r, "config_last_reload_success_timestamp_seconds", "When the configuration in force was read, in seconds since 1970.").WithLabelValues()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "What is running; the value is always 1.",
	}, []string{"version", "commit", "goversion"})
	build.WithLabelValues(version, commit, runtime.Version()).Set(1)
	r.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Sessions is what a server.Server is given.
func (m *Metrics) Sessions() backend.Meter { return m.sessions }

// Upstreams is what an upstream.Dialer is given.
func (m *Metrics) Upstreams() upstream.Meter { return m.upstreams }

// Configure makes the series that a configuration leads to. Those of an earlier
// one stay as they are.
func (m *Metrics) Configure(cfg *configs.Config) {
	for name := range cfg.Listener {
		m.sessions.listener(name)
		for up := range cfg.Upstream {
			m.sessions.expect(name, up)
		}
	}
	for name := range cfg.Upstream {
		m.upstreams.Upstream(name)
		for _, outcome := range sent.Outcomes() {
			m.filed.WithLabelValues(name, string(outcome))
		}
	}
}

// Filed counts an outcome of a sent message's way to its mailbox.
func (m *Metrics) Filed(upstream string, outcome sent.Outcome) {
	m.filed.WithLabelValues(upstream, string(outcome)).Inc()
}

// Notified counts an attempt to tell operators something.
func (m *Metrics) Notified(kind notices.Kind, delivered bool) {
	result := "failed"
	if delivered {
		result = "delivered"
	}
	m.notified.WithLabelValues(string(kind), result).Inc()
}

// Traced counts spans that a collector has taken, and that were dropped.
func (m *Metrics) Traced(taken, dropped int) {
	m.traced.WithLabelValues("taken").Add(float64(taken))
	m.traced.WithLabelValues("dropped").Add(float64(dropped))
}

// Loaded notes that a configuration has come into force, or was refused.
func (m *Metrics) Loaded(ok bool, at time.Time) {
	m.reloaded.Set(0)
	if ok {
		m.reloaded.Set(1)
		m.loadedAt.Set(float64(at.UnixMilli()) / 1000)
	}
}

// counters makes and registers a family of counters.
func counters(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(v)
	return v
}

// gauges makes and registers a family of gauges.
func gauges(r prometheus.Registerer, name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(v)
	return v
}

// durations makes and registers a family of histograms, in seconds. The buckets
// reach from an answer out of memory to a login that waits for its turn.
func durations(r prometheus.Registerer, name, help string, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help,
		Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, labels)
	r.MustRegister(v)
	return v
}
