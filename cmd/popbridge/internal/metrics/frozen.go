package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// frozen counts accounts that are not served, when it is asked to.
type frozen struct {
	accounts *prometheus.Desc
	count    func(context.Context) (map[string]int64, error)

	mu      sync.Mutex
	counted time.Time
	last    map[string]int64
}

// Frozen has accounts counted whose logins are refused because their mailbox has
// another identity, by why. count is asked when the metrics are; what it gave last
// stands while it fails.
func (m *Metrics) Frozen(count func(context.Context) (map[string]int64, error)) {
	m.registry.MustRegister(&frozen{
		accounts: prometheus.NewDesc(namespace+"_accounts_frozen", "Accounts whose logins are refused because their mailbox has another UIDVALIDITY: it is empty, or its messages are unknown.", []string{"reason"}, nil),
		count:    count,
	})
}

// Describe is Prometheus's.
func (f *frozen) Describe(to chan<- *prometheus.Desc) { to <- f.accounts }

// Collect is Prometheus's.
func (f *frozen) Collect(to chan<- prometheus.Metric) {
	for reason, n := range f.now() {
		to <- prometheus.MustNewConstMetric(f.accounts, prometheus.GaugeValue, float64(n), reason)
	}
}

func (f *frozen) now() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counted.IsZero() || time.Since(f.counted) >= countEvery {
		ctx, cancel := context.WithTimeout(context.Background(), countPatience)
		defer cancel()
		if now, err := f.count(ctx); err == nil {
			f.last = now
		}
		f.counted = time.Now()
	}
	return f.last
}
