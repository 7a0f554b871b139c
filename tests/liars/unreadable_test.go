package liars_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// What a device may be answered to RETR or TOP of message 2.
const (
	given       = "the message"
	refused     = "-ERR"
	placeholder = "a placeholder" // -ERR with unreadable = "error"
)

// TestPlaceholder: with unreadable = "placeholder" a message that the server cannot
// give, while it gives others, is a text that says so: it is neither seen nor
// deleted by that, and the messages behind it are reached. A server that gives
// nothing at all now is answered -ERR, and so is a message that is gone. One that
// can be given after all is given.
func TestPlaceholder(t *testing.T) {
	t.Parallel()
	body := regexp.MustCompile(`(?s)\{[0-9]+\}\r\n.*\)\r\n`)
	empty := func(honest string) string { return body.ReplaceAllString(honest, "{0}\r\n)\r\n") }
	// cannot gives another answer where the body of one message is asked for, or of any.
	cannot := func(uid string, answer func(honest string) string) liars.Lie {
		return func(x *liars.Exchange) {
			honest := x.Carry()
			if !strings.Contains(honest, "(UID "+uid) {
				x.Send(honest)
				return
			}
			said := answer(honest)
			x.Send(said)
			if strings.HasSuffix(said, "cut") {
				x.Close()
			}
		}
	}
	say := func(answer string) func(string) string { return func(string) string { return answer } }
	always := func(do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always("BODY.PEEK[]", do)} }
	no := "{tag} NO [SERVERBUG] " + liars.Words + "\r\n"
	never := []string{placeholder, placeholder}
	for name, c := range map[string]struct {
		rules []liars.Rule
		gone  bool     // the message is expunged behind the proxy's back
		want  []string // to RETR 2, and then perhaps to TOP 2 100
	}{
		"NIL":                  {rules: always(cannot("12 ", say("* 2 FETCH (UID 12 BODY[] NIL)\r\n{tag} OK done\r\n"))), want: never},
		"NO":                   {rules: always(cannot("12 ", say(no))), want: never},
		"cut":                  {rules: always(cannot("12 ", say("* 2 FETCH (UID 12 BODY[] {500}\r\ncut"))), want: never},
		"NO to every message":  {rules: always(cannot("", say("{tag} NO [UNAVAILABLE] "+liars.Words+"\r\n"))), want: []string{refused, refused}},
		"NIL for each of them": {rules: always(cannot("", say("{tag} OK done\r\n"))), want: []string{refused, refused}},
		"NO once":              {rules: []liars.Rule{liars.Once("BODY.PEEK[]", cannot("12 ", say(no)))}, want: []string{refused, given}},
		"NO, then empty":       {rules: []liars.Rule{liars.Once("BODY.PEEK[]", cannot("12 ", say(no))), liars.Always("BODY.PEEK[]", cannot("12 ", empty))}, want: []string{placeholder}},
		"NO, and the others are empty": {rules: always(cannot("", func(honest string) string {
			if strings.Contains(honest, "(UID 12 ") {
				return no
			}
			return empty(honest)
		})), want: []string{refused, refused}},
		"the message is gone": {gone: true, want: []string{refused, refused}},
	} {
		for _, unreadable := range []string{"error", "placeholder"} {
			t.Run(name+", "+unreadable, func(t *testing.T) {
				server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
				s := alone(t, server, "on_delete: trash, on_retrieve: seen, prefetch: \"0\", unreadable: "+unreadable, "")
				server.Lie(c.rules...)
				d := s.loginAs(t, "alice@x.test")
				if c.gone {
					server.Mail(func(m *liars.Mail) {
						m.Inbox().Messages = slices.DeleteFunc(m.Inbox().Messages, func(m *liars.Message) bool { return m.UID == 12 })
					})
				}
				for i, want := range c.want {
					command := []string{"RETR 2", "TOP 2 100"}[i]
					if want == placeholder && unreadable == "error" {
						want = refused
					}
					answer, whole := d.command(command, true)
					if got := kind(answer, whole); got != want {
						t.Errorf("%s is answered with %s, want %s: %q", command, got, want, answer)
					}
					if strings.Contains(answer, liars.Words) {
						t.Errorf("%s gives the server's own words: %q", command, answer)
					}
				}
				if slices.Equal(c.want, never) || c.gone {
					if answer, _ := d.command("RETR 3", true); !strings.Contains(answer, "body of UID 14") {
						t.Errorf("the message behind it: %q", answer)
					}
				}
				d.Quit()
				server.Mail(func(m *liars.Mail) {
					kept := m.Inbox().Find(12)
					if !c.gone && (kept == nil || kept.Has(`\Seen`) || kept.Has(`\Deleted`)) {
						t.Errorf("the message is now %+v", kept)
					}
				})
			})
		}
	}
}

// TestPlaceholderIsOneMessage: of a message that cannot be read TOP and RETR give the same
// text, as often as they are asked; LIST and UIDL say what they said before. Marked, it
// is deleted upstream; unmarked by RSET it is kept; and when the server can give it
// again, the device gets it under the unique-id that it had.
func TestPlaceholderIsOneMessage(t *testing.T) {
	t.Parallel()
	server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
	server.Mail(func(m *liars.Mail) {
		bad := m.Inbox().Find(12)
		bad.Text = strings.Replace(bad.Text, "Subject: message 2", "Subject: gr\xfc\xdfe =?utf-8?q?gr=C3=BC=C3=9Fe?=", 1)
	})
	cannot := liars.Always("BODY.PEEK[]", func(x *liars.Exchange) {
		honest := x.Carry()
		if strings.Contains(honest, "(UID 12 ") {
			honest = "{tag} NO " + liars.Words + "\r\n"
		}
		x.Send(honest)
	})
	s := alone(t, server, "on_delete: expunge, on_retrieve: seen, prefetch: \"0\", unreadable: placeholder", "")
	ids := s.ids(t, "alice@x.test")
	server.Lie(cannot)
	for _, marked := range []bool{false, true} {
		d := s.loginAs(t, "alice@x.test")
		list := d.OK("LIST 2")
		top, _ := d.command("TOP 2 1000", true)
		_, text, _ := strings.Cut(top, "\r\n")
		if !strings.Contains(text, "Subject: Message cannot be read: gr?e =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n") {
			t.Errorf("TOP: %q", top)
		}
		for range 2 {
			if answer, _ := d.command("RETR 2", true); !strings.HasPrefix(answer, "+OK") || !strings.HasSuffix(answer, text) {
				t.Errorf("RETR: %q, want %q", answer, text)
			}
		}
		if now := d.OK("LIST 2"); now != list {
			t.Errorf("LIST: %q, before %q", now, list)
		}
		d.OK("DELE 2")
		if !marked {
			d.OK("RSET")
		}
		d.Quit()
		server.Mail(func(m *liars.Mail) {
			if bad := m.Inbox().Find(12); (bad == nil) != marked || bad != nil && bad.Has(`\Seen`) {
				t.Errorf("marked is %v, and the message is %+v", marked, bad)
			}
		})
		if marked {
			break
		}
		server.Lie()
		if now := s.ids(t, "alice@x.test"); now != ids {
			t.Errorf("UIDL says %s, before %s", now, ids)
		}
		d = s.loginAs(t, "alice@x.test")
		if answer, _ := d.command("TOP 2 1000", true); !strings.Contains(answer, "body of UID 12") {
			t.Errorf("when it can be read again: %q", answer)
		}
		d.Quit()
		server.Lie(cannot)
	}
}

// kind says what an answer is; the answer itself where it is none of these.
func kind(answer string, whole bool) string {
	switch {
	case !whole:
	case strings.HasPrefix(answer, "-ERR "):
		return refused
	case strings.Contains(answer, "Its UID is 12 ") && strings.Contains(answer, "message 2\r\n"):
		return placeholder
	case strings.Contains(answer, "\r\nbody of UID 12\r\n") && strings.HasSuffix(answer, "\r\nthe end\r\n.\r\n"):
		return given
	}
	return "something else"
}
