package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestPlaceholder: with unreadable = "placeholder" a message that the server cannot
// give, while it gives others, is a text that says so: it is neither seen nor
// deleted by that, and the messages behind it are reached. A server that gives
// nothing at all now is answered -ERR, and so is a message that is gone.
func TestPlaceholder(t *testing.T) {
	t.Parallel()
	cannot := func(uid int, answer string) []liars.Rule {
		return []liars.Rule{liars.Always("BODY.PEEK[]", func(x *liars.Exchange) {
			if honest := x.Carry(); strings.Contains(honest, "(UID 12 ") && uid == 12 || uid == 0 {
				x.Send(answer)
				if strings.HasSuffix(answer, "cut") {
					x.Close()
				}
			} else {
				x.Send(honest)
			}
		})}
	}
	for name, c := range map[string]struct {
		rules []liars.Rule
		stays bool // -ERR
	}{
		"NIL":                  {cannot(12, "* 2 FETCH (UID 12 BODY[] NIL)\r\n{tag} OK done\r\n"), false},
		"NO":                   {cannot(12, "{tag} NO [SERVERBUG] "+liars.Words+"\r\n"), false},
		"cut":                  {cannot(12, "* 2 FETCH (UID 12 BODY[] {500}\r\ncut"), false},
		"NO to every message":  {cannot(0, "{tag} NO [UNAVAILABLE] "+liars.Words+"\r\n"), true},
		"NIL for each of them": {cannot(0, "{tag} OK done\r\n"), true},
	} {
		for _, unreadable := range []string{"error", "placeholder"} {
			t.Run(name+", "+unreadable, func(t *testing.T) {
				server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
				s := alone(t, server, "on_delete: trash, on_retrieve: seen, prefetch: \"0\", unreadable: "+unreadable, "")
				server.Lie(c.rules...)
				d := s.loginAs(t, "alice@x.test")
				for _, command := range []string{"RETR 2", "TOP 2 100"} {
					answer, whole := d.command(command, true)
					text := strings.HasPrefix(answer, "+OK") && whole && strings.Contains(answer, "Its UID is 12 ") && strings.Contains(answer, "message 2\r\n")
					if text == (c.stays || unreadable == "error") {
						t.Errorf("%s is answered %q", command, answer)
					}
					if strings.Contains(answer, liars.Words) || !whole {
						t.Errorf("%s gives the server's own words, or no end: %q", command, answer)
					}
				}
				if !c.stays {
					if answer, _ := d.command("RETR 3", true); !strings.Contains(answer, "body of UID 14") {
						t.Errorf("the message behind it: %q", answer)
					}
				}
				d.Quit()
				server.Mail(func(m *liars.Mail) {
					if kept := m.Inbox().Find(12); kept == nil || kept.Has(`\Seen`) || kept.Has(`\Deleted`) {
						t.Errorf("the message is now %+v", kept)
					}
				})
			})
		}
	}
}
