package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// LoginTimes are what logins that were accepted took on average since the service began, by
// their upstream.
func (m *Metrics) LoginTimes() map[string]time.Duration {
	found := make(chan prometheus.Metric)
	go func() { m.sessions.loginTook.Collect(found); close(found) }()
	times := make(map[string]time.Duration)
	for one := range found {
		var d dto.Metric
		if one.Write(&d) != nil || d.GetHistogram().GetSampleCount() == 0 {
			continue
		}
		labels := make(map[string]string)
		for _, label := range d.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["result"] == "ok" {
			h := d.GetHistogram()
			times[labels["upstream"]] = time.Duration(h.GetSampleSum() / float64(h.GetSampleCount()) * float64(time.Second))
		}
	}
	return times
}
