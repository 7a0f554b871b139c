package liars_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// shortfall is a way in which a server leaves a message out.
type shortfall struct {
	uid    int
	on     string // what it leaves the message's row out of
	search string // what it does at SEARCH
	selec  string // what SELECT does
	moment string // when it begins
}

func (f shortfall) String() string {
	return fmt.Sprintf("%s: UID %d is not in %s, SEARCH %s, UIDNEXT %s", f.moment, f.uid, f.on, f.search, f.selec)
}

// rules make a server that holds the messages of NewMail, and UID 21 at the moments that
// are not the first.
func (f shortfall) rules() []liars.Rule {
	next := "21"
	if f.moment != firstLogin {
		next = "22"
	}
	rules := []liars.Rule{liars.Always(f.on, liars.Edit(without(f.uid)))}
	switch f.search {
	case "leaves it out too":
		rules = append(rules, liars.Always("SEARCH", liars.Edit(func(a string) string {
			return regexp.MustCompile(fmt.Sprintf(`(\* SEARCH.*) %d\b`, f.uid)).ReplaceAllString(a, "$1")
		})))
	case "is refused":
		rules = append(rules, liars.Always("SEARCH", liars.No("")))
	}
	switch f.selec {
	case "is not said":
		rules = append(rules, liars.Always("SELECT", liars.Swap("* OK [UIDNEXT "+next+"] ok\r\n", "")))
	case "is stale":
		rules = append(rules, liars.Always("SELECT", liars.Swap("UIDNEXT "+next, fmt.Sprintf("UIDNEXT %d", f.uid))))
	}
	return append(rules, liars.Always("NOOP", liars.Before("* 6 EXISTS\r\n")))
}

const (
	firstLogin = "first login"
	parked     = "second poll, parked connection"
	restarted  = "after a restart"
)

func shortfalls() (all []shortfall) {
	for _, moment := range []string{firstLogin, parked, restarted} {
		uids, selects := []int{11, 14, 20}, []string{"as it is", "is stale"}
		if moment != firstLogin {
			uids, selects = []int{11, 12, 21}, []string{"is not said", "is stale"}
		}
		for _, uid := range uids {
			for _, on := range []string{"RFC822.SIZE", "UID FETCH"} {
				for _, search := range []string{"is honest", "leaves it out too", "is refused"} {
					for _, selec := range selects {
						all = append(all, shortfall{uid, on, search, selec, moment})
					}
				}
			}
		}
	}
	return all
}

// TestShortListings: a message that a listing leaves out, at its beginning, in its middle
// or at its end, or above a UIDNEXT that is too low, whether SEARCH names it or not, takes
// nothing else with it. Where it is not shown the log says so; what is known of it is not
// forgotten, and what a device has hidden stays hidden.
func TestShortListings(t *testing.T) {
	t.Parallel()
	cases := shortfalls()
	servers := make([]*liars.Server, len(cases))
	var ups, routes strings.Builder
	for i := range cases {
		servers[i] = liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
		fmt.Fprintf(&ups, "  u%d: {address: %q, tls: none, reuse: 5m}\n", i, servers[i].Address())
		fmt.Fprintf(&routes, "  - {user: \"*@u%d.test\", upstream: u%[1]d}\n", i)
	}
	config := "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n" +
		"limits: {connections_per_ip: 1000, failure_delay: 0s, failures_per_ip: 0, failures_per_account: 0}\n" +
		fmt.Sprintf("state: {driver: sqlite, source: %q}\n", filepath.Join(t.TempDir(), "state.db")) +
		"upstream:\n" + ups.String() + "maildrop:\n  default: {on_delete: hide, lock: none}\nroute:\n" + routes.String()
	s := &stage{Bridge: bridge.Start(t, config, liars.Password), t: t}
	user := func(i int) string { return fmt.Sprintf("alice@u%d.test", i) }
	before := make([][]string, len(cases))
	for i, c := range cases {
		if c.moment == firstLogin {
			continue
		}
		d := s.loginAs(t, user(i))
		d.OK("DELE 2") // UID 12
		d.Quit()
		d = s.loginAs(t, user(i))
		before[i] = append(d.UniqueIDs(), "0000001500000007")
		d.Quit()
		servers[i].Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: new\r\n\r\nx\r\n") })
	}
	run := func(moments ...string) {
		for i, c := range cases {
			if !slices.Contains(moments, c.moment) {
				continue
			}
			t.Run(c.String(), func(t *testing.T) {
				if c.moment == firstLogin {
					before[i] = []string{"0000000b00000007", "0000000c00000007", "0000000e00000007", "0000001400000007"}
				}
				servers[i].Lie(c.rules()...)
				d := s.loginAs(t, user(i))
				shown := d.UniqueIDs()
				d.Quit()
				left := slices.DeleteFunc(slices.Clone(before[i]), func(id string) bool { return slices.Contains(shown, id) })
				if len(left)+len(shown) != len(before[i]) {
					t.Errorf("%q is shown, of %q", shown, before[i])
				}
				if len(left) > 1 || len(left) == 1 && left[0] != fmt.Sprintf("%08x00000007", c.uid) {
					t.Errorf("%q is not shown", left)
				}
				if len(left) > 0 {
					s.AwaitLine("[WARN]", fmt.Sprintf("upstream=u%d ", i), "does not add up")
				}
				servers[i].Lie()
				d = s.loginAs(t, user(i))
				if now := d.UniqueIDs(); !slices.Equal(now, before[i]) {
					t.Errorf("in the end %q is shown, want %q: %q", now, before[i], servers[i].Commands())
				}
				d.Quit()
			})
		}
	}
	run(firstLogin, parked)
	s.Signal(syscall.SIGTERM)
	s.Wait()
	s = &stage{Bridge: bridge.Start(t, config, liars.Password), t: t}
	run(restarted)
	if strings.Contains(s.Output(), "set back") {
		t.Error("the log speaks of a mailbox that was set back")
	}
}
