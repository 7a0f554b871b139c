package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// devices counts those that are watched, when it is asked to.
type devices struct {
	watched, overdue *prometheus.Desc
	count            func(context.Context) (watched, overdue int64, err error)

	mu                       sync.Mutex
	counted                  time.Time
	seenWatched, seenOverdue int64
}

// Devices has devices counted that are expected to log in. count is asked when the metrics
// are; what it gave last stands while it fails. Proxies that share a ledger show the same.
func (m *Metrics) Devices(count func(context.Context) (watched, overdue int64, err error)) {
	m.registry.MustRegister(&devices{
		watched: prometheus.NewDesc(namespace+"_devices_watched", "Devices that are expected to log in (expect), as every proxy of the ledger sees it.", nil, nil),
		overdue: prometheus.NewDesc(namespace+"_devices_overdue", "Devices that have not logged in for longer than is expected, as every proxy of the ledger sees it.", nil, nil),
		count:   count,
	})
}

// Describe is Prometheus's.
func (d *devices) Describe(to chan<- *prometheus.Desc) {
	to <- d.watched
	to <- d.overdue
}

// Collect is Prometheus's.
func (d *devices) Collect(to chan<- prometheus.Metric) {
	watched, overdue := d.now()
	to <- prometheus.MustNewConstMetric(d.watched, prometheus.GaugeValue, float64(watched))
	to <- prometheus.MustNewConstMetric(d.overdue, prometheus.GaugeValue, float64(overdue))
}

func (d *devices) now() (watched, overdue int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counted.IsZero() || time.Since(d.counted) >= countEvery {
		ctx, cancel := context.WithTimeout(context.Background(), countPatience)
		defer cancel()
		if watched, overdue, err := d.count(ctx); err == nil {
			d.seenWatched, d.seenOverdue = watched, overdue
		}
		d.counted = time.Now()
	}
	return d.seenWatched, d.seenOverdue
}
