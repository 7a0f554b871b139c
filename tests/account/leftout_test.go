package account

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestShowLeftOut: messages that the upstream counts and does not describe are named
// by show, as long as that is so.
func TestShowLeftOut(t *testing.T) {
	server := liars.New(t, liars.Options{})
	server.Lie(liars.Rule{On: "UID FETCH", First: 1, Last: 1 << 30, Do: liars.Edit(func(answer string) string {
		var b strings.Builder
		for line := range strings.Lines(answer) {
			if !strings.Contains(line, "(UID 12 ") && !strings.Contains(line, "(UID 14 ") {
				b.WriteString(line)
			}
		}
		return b.String()
	})})
	b := bridge.Start(t, bridge.YAML(server.Address(), "none", "", "    reuse: 0s\n"+onSQLite(t)), liars.Password)
	s := &site{t: t, b: b, password: liars.Password}
	look := func(messages int) {
		t.Helper()
		c := bridge.Login(t, b.Address("pop3"), "alice@example.org", liars.Password)
		if n := len(c.Lines("UIDL")); n != messages {
			t.Errorf("%d messages are listed, want %d", n, messages)
		}
		c.Quit()
		s.sessions++
		b.AwaitTimes("session ended", s.sessions)
	}
	type shown struct {
		Maildrops []struct {
			LeftOut string `json:"left_out"`
		}
		Devices []struct {
			LeftOut map[string]int `json:"left_out"`
		}
	}
	look(2)
	bridge.Has(t, s.command(0, "show", owner), "left out", "UIDs 12,14: ", "devices do not see them",
		"Not shown at the last login", "3 messages: 2 not described by the upstream, 1 marked \\Deleted by another program")
	if v := read[shown](s, "show", owner); len(v.Maildrops) != 1 || v.Maildrops[0].LeftOut != "12,14" {
		t.Errorf("the JSON says %+v", v)
	} else if len(v.Devices) != 1 || v.Devices[0].LeftOut["unreadable"] != 2 {
		t.Errorf("the JSON counts %+v", v)
	}
	server.Lie()
	look(4)
	if out := s.command(0, "show", owner); strings.Contains(out, "left out") || strings.Contains(out, "not described") {
		t.Errorf("when all are listed: %s", out)
	}
}
