package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"popbridge/proxy/upstream"
)

// upstreams counts what happens behind the proxy.
type upstreams struct {
	series [upstream.Quantities]func(name string) adder

	mu      sync.RWMutex
	tallies map[string]*tally
}

// adder is what counters and gauges have in common.
type adder interface{ Add(float64) }

// tally is the series of one upstream, by quantity.
type tally [upstream.Quantities]adder

// Add counts; only gauges are given negative numbers.
func (t *tally) Add(q upstream.Quantity, n int64) { t[q].Add(float64(n)) }

func newUpstreams(r prometheus.Registerer) *upstreams {
	u := &upstreams{tallies: make(map[string]*tally)}
	gauge := func(q upstream.Quantity, name, help string) {
		v := gauges(r, name, help, "upstream")
		u.series[q] = func(name string) adder { return v.WithLabelValues(name) }
	}
	counter := func(q upstream.Quantity, name, help string) {
		v := counters(r, name, help, "upstream")
		u.series[q] = func(name string) adder { return v.WithLabelValues(name) }
	}
	shared := func(name, help, label string, values map[upstream.Quantity]string) {
		v := counters(r, name, help, "upstream", label)
		for q, value := range values {
			u.series[q] = func(name string) adder { return v.WithLabelValues(name, value) }
		}
	}
	gauge(upstream.Connections, "upstream_connections", "Connections to the upstream that are open, parked ones among them.")
	gauge(upstream.Parked, "upstream_connections_parked", "Connections that wait for their device's next poll.")
	gauge(upstream.PrefetchOctets, "prefetch_octets", "Octets of messages that were asked for before their devices asked.")
	counter(upstream.DialsFailed, "upstream_dials_failed_total", "Connections that came to nothing before a login: address, TLS or greeting.")
	counter(upstream.Logins, "upstream_logins_total", "Logins that the upstream has accepted.")
	counter(upstream.Reuses, "upstream_reuses_total", "Parked connections that were used again, each a login that was not needed.")
	counter(upstream.Commands, "upstream_commands_total", "Commands sent upstream. One that is not sent ahead costs a round trip.")
	shared("upstream_listings_total", "Listings of mailboxes: avoided where nothing had changed, changed where the difference was asked, full where every message was.", "kind", map[upstream.Quantity]string{
		upstream.ListingsAvoided: "avoided", upstream.ListingsChanged: "changed", upstream.ListingsFull: "full",
	})
	counter(upstream.ListingsShort, "upstream_listings_short_total", "Listings that did not add up: refused because of some messages, damaged, or with fewer messages than the upstream counts.")
	counter(upstream.LeftOut, "upstream_messages_left_out_total", "Messages that such listings left out or had without a size; counted each time.")
	counter(upstream.Placeholders, "placeholders_total", "Texts that were served in the place of messages that the upstream cannot give (maildrop.unreadable).")
	shared("prefetch_messages_total", "Messages that were read ahead: hit where the device asked for it, wasted where it did not.", "outcome", map[upstream.Quantity]string{
		upstream.PrefetchHits: "hit", upstream.PrefetchWasted: "wasted",
	})
	shared("upstream_copies_settled_total", "COPYs that a lost connection left in doubt, by what a look in the target has found.", "outcome", map[upstream.Quantity]string{
		upstream.CopiesFound: "found", upstream.CopiesRepeated: "repeated",
	})
	return u
}

// Upstream gives the series of an upstream, which exist from then on.
func (u *upstreams) Upstream(name string) upstream.Tally {
	u.mu.RLock()
	t := u.tallies[name]
	u.mu.RUnlock()
	if t != nil {
		return t
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if t := u.tallies[name]; t != nil {
		return t
	}
	t = new(tally)
	for q, series := range u.series {
		t[q] = series(name)
	}
	u.tallies[name] = t
	return t
}
