package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestUnreadableCopyUID: COPYUID says where messages lie now, and nothing else. One
// that nobody can read costs no connection, no second MOVE and no +OK.
func TestUnreadableCopyUID(t *testing.T) {
	codes := []string{"COPYUID 14  ", "COPYUID 14 12", "COPYUID", "COPYUID 14 12,20 1:x", "COPYUID 0 12,20 2:3", "COPYUID 4294967296 12 2"}
	places := map[string]func(code string) liars.Lie{
		"before the answer": func(code string) liars.Lie { return liars.Before("* OK [" + code + "] moved\r\n") },
		"in the answer":     func(code string) liars.Lie { return liars.Swap("OK done", "OK ["+code+"] done") },
	}
	type play struct {
		*actor
		verb string
		lie  liars.Lie
	}
	var actors []*actor
	var plays []play
	for i, code := range codes {
		for place, lie := range places {
			verb, caps := "MOVE", []string{"UIDPLUS", "MOVE"}
			if (i%2 == 0) == (place == "in the answer") {
				verb, caps = "COPY", caps[:1]
			}
			a := &actor{server: liars.New(t, liars.Options{Caps: caps}), reuse: "5m"}
			actors = append(actors, a)
			plays = append(plays, play{a, fmt.Sprintf("%s, %q %s", verb, code, place), lie(code)})
		}
	}
	s := newStage(t, actors)
	t.Run("codes", func(t *testing.T) {
		for _, p := range plays {
			t.Run(p.verb, func(t *testing.T) {
				t.Parallel()
				verb, _, _ := strings.Cut(p.verb, ",")
				p.server.Lie(liars.Always("UID "+verb, p.lie))
				d := s.login(t, p.actor)
				d.OK("DELE 2")
				d.OK("DELE 4")
				d.Quit()
				if n := p.server.Sent("UID " + verb); n != 1 || p.server.Logins() != 1 {
					t.Errorf("%d times UID %s on %d connections", n, verb, p.server.Logins())
				}
				p.server.Mail(func(m *liars.Mail) {
					if len(m.Inbox().Messages) != 3 || len(m.Box("Trash").Messages) != 3 {
						t.Errorf("INBOX holds %q, Trash %q", texts(m.Inbox()), texts(m.Box("Trash")))
					}
				})
				polite(t, p.actor)
			})
		}
	})
}
