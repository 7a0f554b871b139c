package configs

import (
	"testing"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1": 1, "1023": 1023, "1KB": 1024, "1 MB": 1 << 20, "3GB": 3 << 30, "8589934591GB": 8589934591 << 30,
	} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %d octets, %v; want %d", text, s, err, want)
		}
		var again Size
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%d octets are written %q and read as %d, %v", s, s, again, err)
		}
	}
	for _, text := range []string{"", "KB", "1.5MB", "-1", "+1", "1kb", "1TB", "MB1", "8589934592GB", "99999999999999999999", "0x10"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %d octets", text, s)
		}
	}
}

func TestGlobsCoverTheWholeString(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"*", "a@b.c", true}, {"", "", true}, {"", "a", false},
		{"*@example.org", "alice@example.org", true}, {"*@example.org", "alice@example.org.evil", false},
		{"*@example.org", "alice@sub.example.org", false}, {"*@*example.org", "alice@sub.example.org", true},
		{"a?c", "abc", true}, {"[a-c]*", "dave", false}, {"{x,y}@z", "y@z", true}, {"Alice", "alice", false},
	} {
		g, err := ParseGlob(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if g.Match(test.text) != test.want || g.String() != test.pattern {
			t.Errorf("%q matches %q: %t; it is written %q", test.pattern, test.text, !test.want, g)
		}
	}
	if !(Glob{}).Match("anything") || (Glob{}).String() != "*" {
		t.Error("the zero Glob does not match everything")
	}
}

func TestListenersCollideOnThePortsOfTheSameHosts(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true}, {"", "127.0.0.1", true}, {"::", "127.0.0.1", true}, {"0.0.0.0", "127.0.0.1", true},
		{"0.0.0.0", "::1", false}, {"127.0.0.1", "127.0.0.2", false}, {"::1", "0:0::1", true}, {"a.example", "b.example", false},
	} {
		x, y := bound{host: test.a, port: 110}, bound{host: test.b, port: 110}
		if x.collides(y) != test.want || y.collides(x) != test.want {
			t.Errorf("%q and %q collide: %t", test.a, test.b, !test.want)
		}
		if y.port = 111; x.collides(y) {
			t.Errorf("%q and %q collide on two ports", test.a, test.b)
		}
	}
}

func TestNearestNameIsASlipAway(t *testing.T) {
	names := []string{"address", "tls", "timeout", "parked"}
	for wrong, want := range map[string]string{
		"adress": "address", "addres": "address", "timout": "timeout", "tsl": "", "tl": "tls", "metrics": "", "": "", "park": "parked",
	} {
		if got, ok := nearest(wrong, names); got != want || ok != (want != "") {
			t.Errorf("%q is taken for %q", wrong, got)
		}
	}
}
