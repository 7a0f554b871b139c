package configs

import "net/netip"

// Within reports whether an address lies in one of the networks; an empty list is
// every network.
func Within(networks []netip.Prefix, addr netip.Addr) bool {
	return len(networks) == 0 || Contains(networks, addr)
}

// Contains reports whether an address lies in one of the networks. An IPv4 address
// in IPv6's form is the IPv4 address, and a zone says nothing.
func Contains(networks []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
