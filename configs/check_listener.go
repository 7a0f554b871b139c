package configs

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// The ports of RFC 8314 §3 and §7: TLS from the first octet on those of the
// second kind.
const (
	portPOP3  = 110
	portIMAP  = 143
	portIMAPS = 993
	portPOP3S = 995
)

// bound is a listener's address, taken apart.
type bound struct {
	at   string
	host string
	port int
}

func (r *reading) checkListeners(c *Config) {
	var earlier []bound
	for _, name := range slices.Sorted(maps.Keys(c.Listener)) {
		at, l := "listener."+name, c.Listener[name]
		r.checkListenerTLS(at, l)
		r.checkPlaintext(at, l)
		if l.APOP {
			r.checkAPOP(at+".apop", name, c)
		}
		r.checkClientCA(at+".client_ca_file", name, l, c)
		r.checkNetworks(at, l)
		r.checkSending(at, l, c)
		host, port, ok := r.address(at, l.Address, true)
		if !ok {
			continue
		}
		r.checkListenerPort(at, l, port)
		b := bound{at + ".address", host, port}
		if i := slices.IndexFunc(earlier, b.collides); i >= 0 {
			r.errorf(b.at, "%s conflicts with %s of %s; choose another port", l.Address, c.Listener[strings.Split(earlier[i].at, ".")[1]].Address, strings.TrimSuffix(earlier[i].at, ".address"))
		}
		earlier = append(earlier, b)
	}
}

// collides reports whether the system would refuse the second of two addresses:
// the same port on the same host, or on all hosts.
func (b bound) collides(other bound) bool {
	if b.port != other.port || b.port == 0 {
		return false
	}
	if b.host == other.host || b.everywhere() || other.everywhere() {
		return true
	}
	x, errX := netip.ParseAddr(b.host)
	y, errY := netip.ParseAddr(other.host)
	if errX != nil || errY != nil {
		return false
	}
	return x == y || x.Is4() == y.Is4() && (x.IsUnspecified() || y.IsUnspecified())
}

// everywhere reports whether a host is every address of both families, as
// package net understands it.
func (b bound) everywhere() bool { return b.host == "" || b.host == "::" }

func (r *reading) checkListenerPort(at string, l Listener, port int) {
	how := l.TLS
	switch sends := l.Protocol == DeviceSMTP; {
	case r.wrong[at+".tls"] || r.wrong[at+".protocol"]:
	case sends && port == portSubmissions && how != TLSImplicit:
		r.warnf(at+".tls", "%s on port 465, where devices begin with TLS; write implicit", how)
	case sends && (port == portSubmission || port == portSMTP) && how == TLSImplicit:
		r.warnf(at+".tls", "implicit on port %d, where devices begin in plaintext; write starttls, or listen on port 465", port)
	case sends && (port == portPOP3 || port == portPOP3S):
		r.warnf(at+".protocol", "smtp on port %d, which is POP3's; devices send to port 587 (starttls) or 465 (implicit)", port)
	case !sends && (port == portSubmission || port == portSubmissions || port == portSMTP):
		r.warnf(at+".protocol", "pop3 on port %d, to which devices send; write smtp", port)
	case port == portPOP3S && how != TLSImplicit:
		r.warnf(at+".tls", "%s on port 995, where devices begin with TLS; write implicit", how)
	case port == portPOP3 && how == TLSImplicit:
		r.warnf(at+".tls", "implicit on port 110, where devices begin in plaintext; write starttls, or listen on port 995")
	}
}

func (r *reading) checkPlaintext(at string, l Listener) {
	if r.wrong[at+".tls"] || r.wrong[at+".certificate"] || r.wrong[at+".plaintext_auth"] {
		return
	}
	if !l.PlaintextAuth {
		if l.TLS == TLSNone && l.Key == "" && len(l.KeyPairs()) == 0 && !l.APOP {
			r.warnf(at, "no device can log in: there is neither a certificate nor plaintext_auth = true")
		}
		return
	}
	if i := slices.IndexFunc(l.PlaintextNetworks, everyone); i >= 0 && l.TLS != TLSImplicit {
		r.warnf(at+".plaintext_networks", "%s lets passwords cross the internet in the clear; name the networks of the devices that need it", l.PlaintextNetworks[i])
	}
}
