package configs

import (
	"net/netip"
	"slices"
)

// checkNetworks looks at who may connect to a listener, and whose word counts.
func (r *reading) checkNetworks(at string, l Listener) {
	if key := at + ".proxy_protocol"; !r.wrong[key] {
		if i := slices.IndexFunc(l.ProxyProtocol, everyone); i >= 0 {
			r.warnf(key, "%s lets everyone claim any address; name the addresses of your load balancers", l.ProxyProtocol[i])
		}
	}
	if r.wrong[at+".allow"] || r.wrong[at+".deny"] {
		return
	}
	for _, allowed := range l.Allow {
		i := slices.IndexFunc(l.Deny, func(denied netip.Prefix) bool { return covers(denied, allowed) })
		if i >= 0 {
			r.warnf(at+".allow", "%s is refused by %s in deny, which takes precedence; remove it from one of them", allowed, l.Deny[i])
		}
	}
	if i := slices.IndexFunc(l.Deny, everyone); i >= 0 && len(l.Allow) == 0 {
		r.warnf(at+".deny", "%s refuses every address of its kind; to name the networks that may connect, write allow instead", l.Deny[i])
	}
}

// everyone reports whether a network is all addresses of a family.
func everyone(p netip.Prefix) bool { return p.Bits() == 0 }

// covers reports whether every address of the second network is in the first.
func covers(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
