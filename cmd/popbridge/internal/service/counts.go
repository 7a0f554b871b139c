package service

import (
	"context"
	"maps"
	"slices"

	"popbridge/cmd/popbridge/internal/metrics"
)

// count has metrics show what the service knows when it is asked.
func (s *Service) count(m *metrics.Metrics) {
	m.Gauge("certificate_expiry_timestamp_seconds", "When a certificate or a client secret ends, in seconds since 1970; of several of a listener the first to end.", []string{"of"}, s.endings)
	m.Gauge("upstream_away", "1 where connections to an upstream have failed here and none has succeeded since, else 0.", []string{"upstream"}, s.away)
	m.Gauge("notifications_pending", "News for operators (notify) that is not delivered, as every proxy of the ledger sees it.", nil, s.pending)
}

// endings are when certificates and client secrets end.
func (s *Service) endings(context.Context) (list []metrics.Sample, err error) {
	told := make(map[string]bool)
	for _, e := range expiring(s.current.Load().config) {
		if !told[e.What] { // the first to end comes first
			told[e.What] = true
			list = append(list, metrics.Sample{Value: float64(e.Ends.Unix()), Labels: []string{e.What}})
		}
	}
	return list, nil
}

// away are upstreams that this proxy cannot reach.
func (s *Service) away(context.Context) (list []metrics.Sample, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.current.Load().config.Upstream)) {
		one := metrics.Sample{Labels: []string{name}}
		if !s.vitals.Health(name).Away.IsZero() {
			one.Value = 1
		}
		list = append(list, one)
	}
	return list, nil
}

// pending is how much news waits.
func (s *Service) pending(ctx context.Context) ([]metrics.Sample, error) {
	n, err := s.store.Notices.Pending(ctx)
	return []metrics.Sample{{Value: float64(n)}}, err
}
