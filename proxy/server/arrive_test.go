package server

import (
	"context"
	"strings"
	"testing"

	"popbridge/translate"
)

// TestEndOfWhoArrives: a login has its name before it knows what was asked before it began.
// What was asked later ends it, whenever that is heard, and nothing that is older does;
// who began before what was asked is ended in any case.
func TestEndOfWhoArrives(t *testing.T) {
	const alice = "alice@example.org"
	for _, c := range []struct {
		name              string
		meanwhile, behind []int64 // places of what is heard before the login knows its own, which is 5, and later
		ends, endsOlder   bool    // the login, and a session whose place is 2
	}{
		{"nothing", nil, nil, false, false},
		{"older than both", []int64{2}, []int64{2}, false, false},
		{"a kick that the login has seen", []int64{4}, nil, false, true},
		{"a kick in the very state that it has read", []int64{5}, nil, false, true},
		{"a kick that comes between", []int64{6}, nil, true, true},
		{"a kick between, then one that it has seen", []int64{6, 4}, nil, true, true},
		{"one that it has seen, then a kick between", []int64{4, 6}, nil, true, true},
		{"one that it has seen and that is heard late", nil, []int64{3, 5}, false, true},
		{"a kick behind", nil, []int64{6}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newStore("a\r\n").backend()
			var server *Server
			hear := func(places []int64) {
				for _, at := range places {
					server.EndBefore(alice, "", "a test", at)
				}
			}
			b.Sync = func(context.Context) error { t.Error("the login asks twice"); return nil }
			place, meanwhile := int64(2), []int64(nil)
			b.Arrive = func(_ context.Context, account string) (int64, translate.Placement, error) {
				if server.Sessions(account) == 0 {
					t.Error("the login asks before it counts as a session of the account")
				}
				hear(meanwhile)
				return place, translate.Placement{}, nil
			}
			var addr string
			server, addr = running(t, b)
			enters := func() *device {
				d := connect(t, addr)
				t.Cleanup(d.close)
				d.says("USER "+alice, "+OK")
				d.send("PASS secret\r\n")
				return d
			}
			entered := func(d *device) {
				t.Helper()
				if said := d.line(); !strings.HasPrefix(said, "+OK") {
					t.Fatalf("the login was told %q", said)
				}
			}
			ended := func(who string, d *device, want bool) {
				t.Helper()
				if !want {
					d.says("NOOP", "+OK")
				} else if rest := d.rest(); rest != "" {
					t.Errorf("%s was told %q", who, rest)
				}
			}
			older := enters()
			entered(older)
			place, meanwhile = 5, c.meanwhile
			login := enters()
			if between := c.ends && c.behind == nil; !between {
				entered(login)
			}
			hear(c.behind)
			ended("the login", login, c.ends)
			ended("the older session", older, c.endsOlder)
		})
	}
}

// TestHeldWhileItArrives: a login that is refused for what it has read is nobody's session.
func TestHeldWhileItArrives(t *testing.T) {
	b := newStore("a\r\n").backend()
	held := true
	b.Arrive = func(context.Context, string) (int64, translate.Placement, error) {
		return 5, translate.Placement{Held: held}, nil
	}
	server, addr := running(t, b)
	d := connect(t, addr)
	t.Cleanup(d.close)
	d.says("USER alice@example.org", "+OK")
	d.says("PASS secret", "-ERR [SYS/TEMP]")
	if n := server.Sessions("alice@example.org"); n != 0 {
		t.Errorf("%d sessions of the account", n)
	}
	held = false
	d.says("USER alice@example.org", "+OK")
	d.says("PASS secret", "+OK")
	if n := server.EndBefore("alice@example.org", "", "a test", 5) + server.EndBefore("alice@example.org", "", "a test", 6); n != 1 {
		t.Errorf("%d sessions were ended", n)
	}
}
