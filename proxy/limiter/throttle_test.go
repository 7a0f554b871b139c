package limiter

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestNamesInTheLogAreShort(t *testing.T) {
	for name, want := range map[string]string{
		"alice":                              "alice",
		"a\nb":                               `"a\nb"`,
		strings.Repeat("a", 128):             strings.Repeat("a", 128),
		strings.Repeat("a", 129):             strings.Repeat("a", 128) + "… (129 octets)",
		strings.Repeat("\xff", 8900):         strings.Repeat("\xff", 128) + "… (8900 octets)",
		strings.Repeat("a", 127) + "ä":       strings.Repeat("a", 127) + "… (129 octets)",
		"\r" + strings.Repeat("\u20ac", 100): `"\r` + strings.Repeat("\u20ac", 42) + `… (301 octets)"`,
	} {
		if got := LogName(name); got != want {
			t.Errorf("%.200q is shown as %q", name, got)
		}
	}
}

// Lines of one kind about one address are written once in an interval, and none of
// them is lost from the count.
func TestThrottle(t *testing.T) {
	l := newThrottle(time.Hour)
	times := make(map[string]int)
	lines := 0
	write := func(_ string, args ...any) {
		lines++
		times[args[1].(string)] += args[3].(int)
	}
	here, there := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	over := func() {
		l.over(throttleKey{"refused", Household(here)})
		l.over(throttleKey{"refused", Household(there)})
	}
	for i := range 101 {
		// Another address of the same household is no other address.
		l.Say(write, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)), "refused", "where", "here")
	}
	l.Say(write, there, "refused", "where", "there")
	if lines != 2 {
		t.Errorf("%d lines at once", lines)
	}
	over()
	if lines != 3 || times["here"] != 101 || times["there"] != 1 {
		t.Errorf("%d lines, %v", lines, times)
	}
	// When nothing has happened for an interval, it is forgotten.
	l.Say(write, there, "refused", "where", "there")
	l.over(throttleKey{"refused", Household(here)})
	l.over(throttleKey{"refused", Household(there)})
	if len(l.waiting) != 0 || lines != 4 {
		t.Errorf("%d are remembered still, %d lines", len(l.waiting), lines)
	}
	// Where there are too many addresses, the rest share a line.
	for i := range throttledMax + 50 {
		l.Say(write, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), "refused", "where", "anywhere")
	}
	if len(l.waiting) != throttledMax+1 || lines != 4+throttledMax+1 {
		t.Errorf("%d are remembered, %d lines", len(l.waiting), lines)
	}
}
