package configs

import (
	"net/netip"
	"testing"
)

// A device's IPv4 address is looked for as such, so that a network that is written
// in IPv6's form of it would keep nobody out.
func TestNetworksOfIPv4InIPv6(t *testing.T) {
	for text, want := range map[string]string{
		"::ffff:198.51.100.7":        "198.51.100.7/32",
		"::ffff:198.51.100.0/120":    "198.51.100.0/24",
		"::ffff:0:0/96":              "0.0.0.0/0",
		"2001:db8::198.51.100.0/120": "2001:db8::c633:6400/120",
	} {
		got, err := parseNetwork(text)
		if err != nil || got != netip.MustParsePrefix(want) {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"::ffff:198.51.100.7/120", "::ffff:0:0/95"} {
		if got, err := parseNetwork(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}
