package proxy

import (
	"net"
	"net/netip"

	"popbridge/configs"
)

// admission counts connections in all and for each address, so that one device
// gone wild does not keep the others out.
type admission struct {
	total int
	byNet map[netip.Prefix]int
}

func newAdmission() admission { return admission{byNet: make(map[netip.Prefix]int)} }

// enter counts a connection, or says which limit it would exceed.
func (a *admission) enter(client netip.Addr, limits configs.Limits) (refusal string) {
	key := household(client)
	switch {
	case a.total >= limits.Connections:
		return "limits.connections is reached"
	case a.byNet[key] >= limits.ConnectionsPerIP && !contains(limits.ConnectionsPerIPExempt, client):
		return "limits.connections_per_ip is reached"
	}
	a.total++
	a.byNet[key]++
	return ""
}

func (a *admission) leave(client netip.Addr) {
	key := household(client)
	a.total--
	if a.byNet[key]--; a.byNet[key] == 0 {
		delete(a.byNet, key)
	}
}

// household is what one customer has: an IPv4 address, or a /64 of IPv6.
func household(client netip.Addr) netip.Prefix {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	p, err := client.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

func clientAddr(nc net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap()
}
