package liars_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/tests/liars"
)

// copyOf has the first looks at a mailbox lead to a server behind the balancer that
// holds an older copy of it, or an empty one, under another UIDVALIDITY.
func copyOf(looks int32, validity int, empty bool) liars.Rule {
	var left atomic.Int32
	left.Store(looks)
	return liars.Always("SELECT", func(x *liars.Exchange) {
		answer := x.Carry()
		if left.Add(-1) >= 0 {
			words := strings.NewReplacer("UIDVALIDITY 7", fmt.Sprintf("UIDVALIDITY %d", validity), "6 EXISTS", "5 EXISTS", "UIDNEXT 22", "UIDNEXT 21")
			if empty {
				words = strings.NewReplacer("UIDVALIDITY 7", fmt.Sprintf("UIDVALIDITY %d", validity), "6 EXISTS", "0 EXISTS", "UIDNEXT 22", "UIDNEXT 1")
			}
			answer = words.Replace(answer)
		}
		x.Send(answer)
	})
}

// TestReplicaWithAnotherUIDValidity: a copy of the mailbox under another UIDVALIDITY,
// which a login is led to once or twice, is not the mailbox. Nothing is forgotten for it:
// neither what a device has hidden, nor a unique-id, nor a QUIT that is to be finished.
// Behind that a login costs what it cost before.
func TestReplicaWithAnotherUIDValidity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		looks    int32
		validity int
		empty    bool
		reuse    bool
		drop     string
	}{
		"an older one":               {1, 5, false, false, ""},
		"a newer one":                {1, 900, false, false, ""},
		"twice":                      {2, 5, false, false, ""},
		"an empty one":               {1, 900, true, false, ""},
		"with parked connections":    {1, 900, false, true, ""},
		"one of several":             {1, 900, false, false, ", mailbox: [INBOX, Archive]"},
		"one of several, an old one": {2, 5, false, false, ", mailbox: [Archive, INBOX]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: newest\r\n\r\nx\r\n") })
			start := alone
			if c.reuse {
				start = func(t testing.TB, server *liars.Server, drop, _ string) *stage { return reusing(t, server, drop) }
			}
			s := start(t, server, "on_delete: hide"+c.drop, "")
			all := s.ids(t, "alice+other@x.test")
			d := s.loginAs(t, "alice@x.test")
			for number := range d.Lines("LIST") {
				if strings.Contains(string(d.Message(fmt.Sprintf("RETR %d", number+1))), "newest") {
					d.OK(fmt.Sprintf("DELE %d", number+1))
				}
			}
			d.Quit()
			steady := func() (ids string, commands int) {
				before := len(server.Commands())
				ids = s.ids(t, "alice@x.test")
				for _, c := range server.Commands()[before:] {
					if c != "LOGOUT" { // which may be that of the session before
						commands++
					}
				}
				return ids, commands
			}
			steady()
			before, cost := steady()
			if c.reuse {
				server.Tell("* 6 EXISTS\r\n") // so that the listing of a parked connection proves nothing
			}
			server.Lie(copyOf(c.looks, c.validity, c.empty))
			if now := s.ids(t, "alice@x.test"); now != before {
				t.Errorf("now %s, before %s", now, before)
			}
			server.Lie()
			if now := s.ids(t, "alice+other@x.test"); now != all {
				t.Errorf("another device sees %s, before %s", now, all)
			}
			now, costs := steady()
			if now != before || costs != cost && !c.reuse {
				t.Errorf("in the end %s with %d commands, before %s with %d: %q", now, costs, before, cost, server.Commands())
			}
			noFalseAlarm(t, s)
			if strings.Contains(s.Output(), "new identity") {
				t.Errorf("the copy was believed:\n%s", s.Output())
			}
		})
	}
}

// TestReplicaWhileQuitIsSettled: the login that is to finish an interrupted QUIT is led
// to the copy first.
func TestReplicaWhileQuitIsSettled(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	s := alone(t, server, "on_delete: trash", "")
	d := s.loginAs(t, "alice@x.test")
	d.OK("DELE 1")
	server.Lie(liars.Always("UID MOVE", liars.Die()), liars.Always("AUTHENTICATE", liars.Die()), liars.Always("LOGIN", liars.Die()))
	broken(t, d)
	server.Lie(copyOf(2, 900, false))
	if left := len(strings.Fields(s.ids(t, "alice@x.test"))) / 2; left != 3 {
		t.Errorf("%d messages are left, want 3", left)
	}
	s.AwaitLine("[WARN]", "completed a QUIT")
	server.Mail(func(m *liars.Mail) {
		if text := liars.NewMail().Inbox().Messages[0].Text; m.Inbox().Find(11) != nil || m.Box("Trash").Count(text) != 1 {
			t.Error("the marked message is not in Trash")
		}
	})
	noFalseAlarm(t, s)
}
