package server

import (
	"net"
	"net/netip"

	"popbridge/configs"
	"popbridge/proxy/limiter"
)

// admission counts connections in all and for each address, so that one device
// gone wild does not keep the others out.
type admission struct {
	total int
	byNet map[netip.Prefix]int
}

func newAdmission() admission { return admission{byNet: make(map[netip.Prefix]int)} }

// enter counts a connection, or says what keeps it out.
func (a *admission) enter(client netip.Addr, l configs.Listener, limits configs.Limits) (cause string) {
	if cause = a.enterNet(client, l, limits); cause != "" {
		return cause
	}
	if cause = a.enterAll(limits); cause != "" {
		a.leaveNet(client)
	}
	return cause
}

// enterAll counts a connection whose device is not known yet.
func (a *admission) enterAll(limits configs.Limits) (cause string) {
	if a.total >= limits.Connections {
		return causeFull
	}
	a.total++
	return ""
}

// enterNet counts a device at its address.
func (a *admission) enterNet(client netip.Addr, l configs.Listener, limits configs.Limits) (cause string) {
	key := limiter.Household(client)
	switch {
	case !configs.Within(l.Allow, client) || configs.Contains(l.Deny, client):
		return causeNetwork
	case a.byNet[key] >= limits.ConnectionsPerIP && !configs.Contains(limits.ConnectionsPerIPExempt, client):
		return "limits.connections_per_ip is reached"
	}
	a.byNet[key]++
	return ""
}

// leave ends the count of a connection; client is invalid where its device was
// never counted.
func (a *admission) leave(client netip.Addr) {
	a.total--
	if client.IsValid() {
		a.leaveNet(client)
	}
}

func (a *admission) leaveNet(client netip.Addr) {
	key := limiter.Household(client)
	if a.byNet[key]--; a.byNet[key] == 0 {
		delete(a.byNet, key)
	}
}

func clientAddr(nc net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap()
}
