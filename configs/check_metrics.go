package configs

import (
	"maps"
	"net/netip"
	"slices"
)

// checkMetrics looks at an address that has no password in front of it.
func (r *reading) checkMetrics(c *Config) {
	const at = "metrics.address"
	m := c.Metrics
	if r.wrong[at] {
		return
	}
	if m.Address == "" {
		if m.Pprof {
			r.warnf("metrics.pprof", "is not used without metrics.address")
		}
		return
	}
	host, port, err := hostPort(m.Address, true)
	if err != nil {
		r.errorf(at, "%q is not host:port; write for example \"127.0.0.1:9110\"", m.Address)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.Listener)) {
		other := c.Listener[name].Address
		if h, p, err := hostPort(other, true); err == nil && (bound{at, host, port}).collides(bound{host: h, port: p}) {
			r.errorf(at, "%s conflicts with %s of listener.%s; choose another port", m.Address, other, name)
			return
		}
	}
	switch {
	case secluded(host):
	case m.Pprof:
		r.warnf(at, "%s lets whoever reaches it slow the service down with profiles, without a password; write an address that only operators reach, such as \"127.0.0.1:9110\"", m.Address)
	default:
		r.warnf(at, "%s can be read by whoever reaches it, without a password; write an address that only operators reach, such as \"127.0.0.1:9110\"", m.Address)
	}
}

// secluded reports whether a host is this machine, or in a network that the
// internet does not reach (RFC 1918, RFC 4193, RFC 3927, RFC 4291 §2.5.6). Of
// another name than localhost nothing is known.
func secluded(host string) bool {
	if loopback(host) {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsPrivate() || a.IsLinkLocalUnicast())
}
