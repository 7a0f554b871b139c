package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"popbridge/proxy/ledger/progress"
)

const (
	// countEvery is how often accounts are counted at most: it takes the ledger a
	// moment where there are many.
	countEvery = 15 * time.Second
	// countPatience bounds it; the last count stands where it takes longer.
	countPatience = 5 * time.Second
)

// migration counts accounts when it is asked to.
type migration struct {
	accounts *prometheus.Desc
	count    func(context.Context) ([]progress.Stage, error)

	mu      sync.Mutex
	counted time.Time
	stages  []progress.Stage
}

// Migration has accounts counted by the points of their migration. count is asked
// when the metrics are; what it gave last stands while it fails.
func (m *Metrics) Migration(count func(context.Context) ([]progress.Stage, error)) {
	m.registry.MustRegister(&migration{
		accounts: prometheus.NewDesc(namespace+"_migration_accounts", "Accounts that have come to a point of their migration away from old servers, ok or with a problem.", []string{"step", "result"}, nil),
		count:    count,
	})
}

// Describe is Prometheus's.
func (m *migration) Describe(to chan<- *prometheus.Desc) { to <- m.accounts }

// Collect is Prometheus's.
func (m *migration) Collect(to chan<- prometheus.Metric) {
	for _, s := range m.now() {
		to <- prometheus.MustNewConstMetric(m.accounts, prometheus.GaugeValue, float64(s.Good), string(s.Step), "ok")
		to <- prometheus.MustNewConstMetric(m.accounts, prometheus.GaugeValue, float64(s.Problems), string(s.Step), "problem")
	}
}

func (m *migration) now() []progress.Stage {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.counted.IsZero() && time.Since(m.counted) < countEvery {
		return m.stages
	}
	ctx, cancel := context.WithTimeout(context.Background(), countPatience)
	defer cancel()
	if stages, err := m.count(ctx); err == nil {
		m.stages = stages
	}
	m.counted = time.Now()
	return m.stages
}
