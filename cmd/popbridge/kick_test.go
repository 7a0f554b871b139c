package main

import "testing"

// What a kick has done is said, also where that is nothing, or not known.
func TestKickedSaysHowMany(t *testing.T) {
	one := []presentSession{{Proxy: "a"}}
	for _, test := range []struct {
		r      roll
		device string
		want   string
	}{
		{roll{Proxies: []string{"a"}, Sessions: append(one, one...)}, "", "2 sessions of alice: ended within about a second"},
		{roll{Proxies: []string{"a"}, Sessions: one}, "scanner", "1 session of device scanner of alice: ended within about a second"},
		{roll{Proxies: []string{"a"}}, "scanner", "nobody was logged in as device scanner of alice"},
		{roll{}, "", "no popbridge is running with this ledger, so nobody was logged in as alice"},
		{roll{Proxies: []string{"a"}, Silent: []string{"b"}}, "", "nobody was logged in as alice; no answer from b, whose sessions end too when it answers again"},
	} {
		if got := test.r.kicked("alice", test.device); got != test.want {
			t.Errorf("%+v: %q, want %q", test.r, got, test.want)
		}
	}
}
