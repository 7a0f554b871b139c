package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestACopyIsMadeOnce: where a message was copied to Trash and the server will not
// remove it then, QUIT says -ERR, whoever deletes it again makes no second copy, and
// it leaves the INBOX when the server lets it.
func TestACopyIsMadeOnce(t *testing.T) {
	tests := map[string]struct {
		actor
		caps []string
		rule liars.Rule
	}{
		"STORE refused":              {actor{}, []string{"UIDPLUS"}, touching(`(\Deleted)`, "12", liars.No(""))},
		"STORE refused, archive":     {actor{drop: "archive"}, nil, touching(`(\Deleted)`, "12", liars.Bad())},
		"STORE refused, no UIDPLUS":  {actor{}, nil, touching(`(\Deleted)`, "12", liars.No(""))},
		"STORE refused for all":      {actor{reuse: "5m"}, []string{"UIDPLUS"}, liars.Always(`(\Deleted)`, liars.No(""))},
		"STORE hangs up":             {actor{}, []string{"UIDPLUS"}, touching(`(\Deleted)`, "12", liars.Die())},
		"STORE hangs up for all":     {actor{reuse: "5m"}, nil, liars.Always(`(\Deleted)`, liars.Die())},
		"the target's UIDNEXT stays": {actor{}, []string{"UIDPLUS"}, touching(`(\Deleted)`, "12", liars.No(""))},
	}
	var actors []*actor
	byName := make(map[string]*actor)
	for name, test := range tests {
		a := test.actor
		a.server = liars.New(t, liars.Options{Caps: test.caps})
		byName[name], actors = &a, append(actors, &a)
	}
	s := newStage(t, actors)
	deleteAll := func(t *testing.T, a *actor, quit string) {
		d := s.login(t, a)
		for _, line := range d.Lines("UIDL") {
			number, _, _ := strings.Cut(line, " ")
			d.OK("DELE " + number)
		}
		if reply, _ := d.command("QUIT", false); !strings.HasPrefix(reply, quit) {
			t.Errorf("QUIT: %q, want %q", reply, quit)
		}
	}
	t.Run("polls", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := byName[name]
				rules := []liars.Rule{test.rule}
				if strings.HasPrefix(name, "the target") {
					rules = append(rules, liars.Always("STATUS", liars.Swap("UIDNEXT ", "UIDNEXT 99")))
				}
				a.server.Lie(rules...)
				for range 3 {
					deleteAll(t, a, "-ERR [SYS/TEMP]")
				}
				a.server.Lie()
				deleteAll(t, a, "+OK")
				a.server.Mail(func(m *liars.Mail) {
					for _, msg := range liars.NewMail().Inbox().Messages {
						now := m.Inbox().Find(msg.UID)
						if away := now == nil || now.Has(`\Deleted`); m.Count(msg.Text) > 1 && now == nil || !away && msg.UID != liars.Bystander {
							t.Errorf("UID %d is there %d times; in the INBOX: %+v", msg.UID, m.Count(msg.Text), now)
						}
						target := map[bool]string{true: "Archive", false: "Trash"}[a.drop == "archive"]
						if n := m.Box(target).Count(msg.Text); n != 1 && msg.UID != liars.Bystander {
							t.Errorf("%d copies of UID %d in %s", n, msg.UID, target)
						}
					}
				})
				polite(t, a)
			})
		}
	})
	if log := s.Output(); strings.Contains(log, "[ERROR]") || strings.Contains(log, "interrupted") {
		t.Errorf("an ERROR that is none: %s", log)
	}
}

// TestAServerThatEndsEveryConnection: one that lets devices in and ends the connection
// over whatever is to be deleted is not asked for each message: it costs few logins,
// and QUIT says so.
func TestAServerThatEndsEveryConnection(t *testing.T) {
	const many, most = 200, 12
	a := &actor{server: liars.New(t, liars.Options{Caps: []string{"MOVE"}})}
	a.server.Mail(func(m *liars.Mail) {
		for range many {
			m.Inbox().Add("Message-ID: <" + strings.Repeat("x", len(m.Inbox().Messages)) + "@x.test>\r\n\r\nbody\r\n")
		}
	})
	s := newStage(t, []*actor{a})
	for range 2 {
		d := s.login(t, a)
		for _, line := range d.Lines("UIDL") {
			number, _, _ := strings.Cut(line, " ")
			d.OK("DELE " + number)
		}
		a.server.Lie(liars.Always("UID MOVE", liars.Die()))
		before := a.server.Logins()
		if reply, _ := d.command("QUIT", false); !strings.HasPrefix(reply, "-ERR [SYS/TEMP]") {
			t.Errorf("QUIT: %q", reply)
		}
		if n := a.server.Logins() - before; n > most {
			t.Errorf("%d logins for one QUIT", n)
		}
		a.server.Lie()
	}
	if log := s.Output(); strings.Contains(log, "[ERROR]") {
		t.Errorf("an ERROR that is none: %s", log)
	}
}
