package configs

import (
	"testing"
)

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
