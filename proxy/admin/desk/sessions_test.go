package desk

import "testing"

// What a kick has done is said, also where that is nothing, or not known.
func TestKickedSaysHowMany(t *testing.T) {
	for _, test := range []struct {
		k    Kicked
		want string
	}{
		{Kicked{Proxies: []string{"a"}, Sessions: 2}, "2 sessions of alice: ended within about a second"},
		{Kicked{Proxies: []string{"a"}, Sessions: 1, Device: "scanner"}, "1 session of device scanner of alice: ended within about a second"},
		{Kicked{Proxies: []string{"a"}, Device: "scanner"}, "nobody was logged in as device scanner of alice"},
		{Kicked{}, "no popbridge is running with this ledger, so nobody was logged in as alice"},
		{Kicked{Proxies: []string{"a"}, Silent: []string{"b"}}, "nobody was logged in as alice; no answer from b, whose sessions end too when it answers again"},
	} {
		test.k.Account = "alice"
		if got := test.k.Words(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.k, got, test.want)
		}
	}
}
