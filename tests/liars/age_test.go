package liars_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/tests/liars"
)

// reusing is alone with connections that are parked.
func reusing(t testing.TB, server *liars.Server, drop string) *stage {
	t.Helper()
	s := alone(t, server, drop, "")
	config, err := os.ReadFile(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Reload(strings.Replace(string(config), "reuse: 0s", "reuse: 10m", 1)) {
		t.Fatal("the configuration was refused")
	}
	return s
}

// noFalseAlarm fails where popbridge believes that a backup was restored.
func noFalseAlarm(t testing.TB, s *stage) {
	t.Helper()
	for _, words := range []string{"set back", "restored", "[ERROR]"} {
		if strings.Contains(s.Output(), words) {
			t.Errorf("the log speaks of %q:\n%.2000s", words, s.Output())
		}
	}
}

// TestComesAndGoesBetweenNoops: one device's connection has listed the mailbox and
// is parked; another takes a new message away meanwhile. The server has nothing to
// tell of that, and the first listing is older than what is known.
func TestComesAndGoesBetweenNoops(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"expunge", "trash", "hide", "flag"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			s := reusing(t, server, "on_delete: "+action)
			first := s.ids(t, "alice+a@x.test")
			for n := range 3 {
				a := s.loginAs(t, "alice+a@x.test")
				messages := 0
				server.Mail(func(m *liars.Mail) {
					m.Inbox().Add(fmt.Sprintf("Subject: new %d\r\n\r\nx\r\n", n))
					messages = len(m.Inbox().Messages)
				})
				server.Lie(liars.Always("NOOP", liars.Before(fmt.Sprintf("* %d EXISTS\r\n", messages))))
				b := s.loginAs(t, "alice+b@x.test")
				server.Lie()
				b.OK(fmt.Sprintf("DELE %d", len(b.Lines("LIST"))))
				b.Quit()
				a.Quit()
				s.ids(t, "alice+a@x.test")
			}
			if now := s.ids(t, "alice+b@x.test"); now != first {
				t.Errorf("the device that took the new mail sees %s, at first %s", now, first)
			}
			noFalseAlarm(t, s)
		})
	}
}

// TestReplicaThatLags: behind a balancer, the first servers that are asked do not
// have the newest message yet, which a device has hidden. Nothing was restored.
func TestReplicaThatLags(t *testing.T) {
	t.Parallel()
	for _, looks := range []int32{1, 2, 3} {
		t.Run(fmt.Sprint(looks), func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: newest\r\n\r\nx\r\n") })
			s := alone(t, server, "on_delete: hide", "")
			all := s.ids(t, "alice+other@x.test")
			d := s.loginAs(t, "alice@x.test")
			d.OK(fmt.Sprintf("DELE %d", len(d.Lines("LIST"))))
			d.Quit()
			before := s.ids(t, "alice@x.test")
			var lagging atomic.Int32
			lagging.Store(looks)
			server.Lie(liars.Always("SELECT", liars.Edit(func(answer string) string {
				if lagging.Add(-1) >= 0 {
					answer = strings.NewReplacer("6 EXISTS", "5 EXISTS", "UIDNEXT 22", "UIDNEXT 21").Replace(answer)
				}
				return answer
			})))
			if now := s.ids(t, "alice@x.test"); now != before {
				t.Errorf("now %s, before %s", now, before)
			}
			if now := s.ids(t, "alice+other@x.test"); now != all {
				t.Errorf("another device sees %s, before %s", now, all)
			}
			noFalseAlarm(t, s)
		})
	}
}
