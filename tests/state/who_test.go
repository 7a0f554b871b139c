package state_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// roll is what "popbridge who --json" prints.
type roll struct {
	Proxies, Silent []string
	Sessions        []struct {
		Proxy, Account, Device, Client, Listener, Upstream, State string
		Since                                                     time.Time
	}
}

// TestWho: who is logged in anywhere is told anywhere, and polls write nothing for it.
func TestWho(t *testing.T) {
	const user, other = "kim@example.org", "lea@example.org"
	for _, d := range drivers(t) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			mail := dovecot(t, []string{user, other}, "")
			start := func() *bridge.Bridge { return d.serve(t, mail.IMAP, separator) }
			here := start()
			there, proxies := here, []*bridge.Bridge{here}
			if d.name == "postgres" {
				there = start()
				proxies = append(proxies, there)
			}
			began := time.Now()
			nobody(t, here, "nobody")
			phone, scanner, stranger := login(t, here, user, "phone"), login(t, there, user, "scanner"), login(t, there, other, "")
			expectRoll(t, here, proxies, began, []string{
				"kim@example.org/phone at " + number(here), "kim@example.org/scanner at " + number(there), "lea@example.org/ at " + number(there)})
			expectRoll(t, there, proxies, began, []string{
				"kim@example.org/phone at " + number(here), "kim@example.org/scanner at " + number(there)}, "--account", "Kim@Example.org")
			text := who(t, there, 0)
			zone := began.Local().Format("MST")
			for _, words := range []string{"ACCOUNT", user + "  phone ", "scanner  127.0.0.1  pop3 ", "mail ", "transaction", " " + zone + " ", number(there), "(none)"} {
				if !strings.Contains(text, words) {
					t.Errorf("%q is missing in\n%s", words, text)
				}
			}
			for _, c := range []*bridge.Client{phone, scanner, stranger} {
				c.Quit()
			}
			for _, b := range proxies {
				b.AwaitTimes("session ended", 3/len(proxies))
			}
			there.AwaitTimes("session ended", 2)
			nobody(t, there, "no device of "+user, "--account", user)
			for _, b := range proxies {
				end(t, b)
			}
			if text := who(t, here, 1); !strings.Contains(text, "no popbridge is running with this ledger") {
				t.Errorf("with none running: %s", text)
			}
		})
	}
}

// number is a popbridge's process number, as it stands behind its host's name.
func number(b *bridge.Bridge) string { return fmt.Sprintf("[%d]", b.PID()) }

// who runs the command, which has to end with this code.
func who(t *testing.T, b *bridge.Bridge, code int, args ...string) string {
	t.Helper()
	c := bridge.Run(t, append([]string{"who", "--config", b.Config}, args...))
	if got := c.Wait(); got != code {
		t.Fatalf("who %q ended with %d, want %d:\n%s", args, got, code, c.Output())
	}
	return c.Output()
}

func nobody(t *testing.T, b *bridge.Bridge, whose string, args ...string) {
	t.Helper()
	if text := who(t, b, 0, args...); !strings.HasPrefix(text, whose+" is logged in at ") {
		t.Errorf("want that %s is logged in, got %s", whose, text)
	}
}

// expectRoll wants just these sessions, whatever their order, from these proxies.
func expectRoll(t *testing.T, b *bridge.Bridge, proxies []*bridge.Bridge, began time.Time, want []string, args ...string) {
	t.Helper()
	text := who(t, b, 0, append(args, "--json")...)
	var r roll
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var got []string
	for _, s := range r.Sessions {
		_, number, _ := strings.Cut(s.Proxy, "[")
		got = append(got, fmt.Sprintf("%s/%s at [%s", s.Account, s.Device, number))
		if s.Client != "127.0.0.1" || s.Listener != "pop3" || s.Upstream != "mail" || s.State != "transaction" || s.Since.Before(began) {
			t.Errorf("a session is told of as %+v", s)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	expectView(t, "who is logged in", got, want...)
	if len(r.Proxies) != len(proxies) || len(r.Silent) != 0 {
		t.Errorf("%d proxies are running, and the command knows of %q and %q", len(proxies), r.Proxies, r.Silent)
	}
}
