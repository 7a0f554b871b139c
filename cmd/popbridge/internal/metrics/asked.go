package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sample is a value with those of its labels.
type Sample struct {
	Value  float64
	Labels []string
}

// asked is a family of gauges whose values somebody else knows.
type asked struct {
	of  *prometheus.Desc
	ask func(context.Context) ([]Sample, error)

	mu      sync.Mutex
	counted time.Time
	last    []Sample
}

// Gauge makes a family of gauges. ask is asked when the metrics are, every fifteen seconds at
// most; what it gave last stands while it fails. No two samples have the same labels.
func (m *Metrics) Gauge(name, help string, labels []string, ask func(context.Context) ([]Sample, error)) {
	m.registry.MustRegister(&asked{of: prometheus.NewDesc(namespace+"_"+name, help, labels, nil), ask: ask})
}

// Describe is Prometheus's.
func (a *asked) Describe(to chan<- *prometheus.Desc) { to <- a.of }

// Collect is Prometheus's.
func (a *asked) Collect(to chan<- prometheus.Metric) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counted.IsZero() || time.Since(a.counted) >= countEvery {
		ctx, cancel := context.WithTimeout(context.Background(), countPatience)
		defer cancel()
		if now, err := a.ask(ctx); err == nil {
			a.last = now
		}
		a.counted = time.Now()
	}
	for _, s := range a.last {
		to <- prometheus.MustNewConstMetric(a.of, prometheus.GaugeValue, s.Value, s.Labels...)
	}
}
