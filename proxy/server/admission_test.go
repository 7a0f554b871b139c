package server

import (
	"net/netip"
	"testing"

	"popbridge/configs"
)

func TestAdmission(t *testing.T) {
	limits := configs.Limits{Connections: 8, ConnectionsPerIP: 2, ConnectionsPerIPExempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	a := newAdmission()
	enter := func(client, want string) {
		t.Helper()
		if got := a.enter(netip.MustParseAddr(client), configs.Listener{}, limits); got != want {
			t.Errorf("%s: %q, want %q", client, got, want)
		}
	}
	const perIP, all = "limits.connections_per_ip is reached", "limits.connections is reached"
	enter("192.0.2.1", "")
	enter("192.0.2.1", "")
	enter("192.0.2.1", perIP)
	enter("192.0.2.2", "") // another address is another customer
	enter("2001:db8::1", "")
	enter("2001:db8::ffff:1", "") // the same /64 is the same customer
	enter("2001:db8::2", perIP)
	enter("2001:db8:0:1::1", "")
	a.leave(netip.MustParseAddr("192.0.2.1"))
	enter("192.0.2.1", "")
	enter("192.0.2.1", perIP)
	enter("10.0.0.1", "")
	enter("10.0.0.1", "")
	enter("198.51.100.1", all)
	a.leave(netip.MustParseAddr("192.0.2.2"))
	enter("10.0.0.1", "") // exempt: the third from there
	enter("10.0.0.1", all)
	for _, client := range []string{"10.0.0.1", "10.0.0.1", "10.0.0.1", "192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::1", "2001:db8:0:1::1"} {
		a.leave(netip.MustParseAddr(client))
	}
	if a.total != 0 || len(a.byNet) != 0 {
		t.Errorf("all have left, and %d of %v are counted", a.total, a.byNet)
	}
}

// Of a device that comes through a load balancer the connection is counted first
// and the address later; a network that is kept out counts for nothing.
func TestAdmissionBehindALoadBalancer(t *testing.T) {
	limits := configs.Limits{Connections: 2, ConnectionsPerIP: 1}
	listener := configs.Listener{
		Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")},
		Deny:  []netip.Prefix{netip.MustParsePrefix("192.0.2.66/32")},
	}
	a := newAdmission()
	for i, step := range []struct{ client, want string }{
		{"192.0.2.1", ""}, {"198.51.100.1", causeNetwork}, {"192.0.2.66", causeNetwork}, {"192.0.2.1", "limits.connections_per_ip is reached"},
		{"2001:db8::1", ""}, {"192.0.2.2", "limits.connections is reached"},
	} {
		if got := a.enter(netip.MustParseAddr(step.client), listener, limits); got != step.want {
			t.Errorf("step %d, %s: %q, want %q", i, step.client, got, step.want)
		}
	}
	a.leave(netip.MustParseAddr("2001:db8::1"))
	if cause := a.enterAll(limits); cause != "" {
		t.Errorf("a load balancer: %q", cause)
	}
	if cause := a.enterNet(netip.MustParseAddr("192.0.2.1"), listener, limits); cause == "" {
		t.Error("a second connection of one device was let in")
	}
	a.leave(netip.Addr{})
	a.leave(netip.MustParseAddr("192.0.2.1"))
	if a.total != 0 || len(a.byNet) != 0 {
		t.Errorf("all have left, and %d of %v are counted", a.total, a.byNet)
	}
}

// A refused device is told so.
func TestTheServerRefusesWhatIsTooMuch(t *testing.T) {
	addr := quietly(t, newStore(), func(c *configs.Config) { c.Limits.ConnectionsPerIP = 1 })
	first := connect(t, addr)
	defer first.close()
	second := dial(t, addr)
	defer second.close()
	if rest := second.rest(); rest != "-ERR [SYS/TEMP] too many connections, try again later\r\n" {
		t.Errorf("%q", rest)
	}
	first.says("QUIT", "+OK")
	first.rest()
}
