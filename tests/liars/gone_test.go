package liars_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// takesTheNext makes a server of one that takes a UID that is gone, and below all
// others, for the next message, as DBMail does.
func takesTheNext(s *liars.Server) liars.Rule {
	return liars.Rule{On: "UID ", Do: func(x *liars.Exchange) {
		lowest := ""
		s.Mail(func(m *liars.Mail) {
			if list := m.Inbox().Messages; len(list) > 0 && m.Inbox().Find(11) == nil {
				lowest = fmt.Sprint(list[0].UID)
			}
		})
		if words := strings.SplitN(x.Command, " ", 4); len(words) > 2 && lowest != "" {
			words[2] = strings.ReplaceAll(words[2], "11", lowest)
			x.Command = strings.Join(words, " ")
		}
		x.Send(x.Carry())
	}}
}

// remove is another client that removes a message for good.
func remove(s *liars.Server, uid uint32) {
	s.Mail(func(m *liars.Mail) { m.Inbox().Remove(func(msg *liars.Message) bool { return msg.UID == uid }) })
}

// others fails where a message that no device has marked was touched.
func others(t *testing.T, a *actor, marked ...uint32) {
	t.Helper()
	a.server.Mail(func(m *liars.Mail) {
		for _, old := range liars.NewMail().Inbox().Messages {
			now := m.Inbox().Find(old.UID)
			if !slices.Contains(marked, old.UID) && (now == nil || len(now.Flags) != len(old.Flags)) {
				t.Errorf("UID %d, which no device has marked or retrieved, is %+v", old.UID, now)
			}
		}
	})
	polite(t, a)
}

// TestMarkedAndGone: a message that another client has removed by QUIT is left out
// of everything, and a server that takes its UID for another's has no occasion to.
func TestMarkedAndGone(t *testing.T) {
	type play struct {
		*actor
		name string
		all  bool // nothing else is marked
	}
	var plays []play
	var actors []*actor
	for _, action := range []string{"trash", "archive", "expunge", "flag", "hide"} {
		for i, caps := range [][]string{{"UIDPLUS", "MOVE"}, {"UIDPLUS"}} {
			a := &actor{drop: action, reuse: "5m", server: liars.New(t, liars.Options{Caps: caps})}
			actors = append(actors, a)
			plays = append(plays, play{a, fmt.Sprintf("%s %v", action, caps), i == 0})
		}
	}
	s := newStage(t, actors)
	t.Run("plays", func(t *testing.T) {
		for _, p := range plays {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				d := s.login(t, p.actor)
				d.Message("RETR 1")
				d.OK("DELE 1")
				if !p.all {
					d.OK("DELE 4")
				}
				remove(p.server, 11)
				p.server.Lie(takesTheNext(p.server))
				d.Quit()
				others(t, p.actor, 11, 20)
				for _, c := range p.server.Commands() {
					if strings.HasPrefix(c, "UID ") && !strings.HasPrefix(c, "UID FETCH") && strings.Contains(c, "11") {
						t.Errorf("sent: %s", c)
					}
				}
				p.server.Mail(func(m *liars.Mail) {
					msg := m.Inbox().Find(20)
					done := msg == nil || msg.Has("$POP3Deleted") || p.drop == "hide"
					if done == p.all && p.drop != "hide" {
						t.Errorf("UID 20 is %+v", msg)
					}
				})
				want := 2
				if p.all {
					want = 3
				}
				d = s.login(t, p.actor)
				if list := d.Lines("UIDL"); len(list) != want {
					t.Errorf("the next session sees %q, want %d", list, want)
				}
				d.Quit()
			})
		}
	})
}

// TestRepeatLooksFirst: an op whose answer was lost, or that was refused since a
// message was gone, is repeated on what a look still finds, and on nothing else.
func TestRepeatLooksFirst(t *testing.T) {
	gone := func(s *liars.Server, then liars.Lie) liars.Lie {
		return func(x *liars.Exchange) {
			remove(s, 11)
			then(x)
		}
	}
	tests := map[string]struct {
		drop string
		caps []string
		on   string
		lie  func(*liars.Server) liars.Lie
	}{
		"MOVE, cut behind it":      {"trash", []string{"UIDPLUS", "MOVE"}, "UID MOVE", func(*liars.Server) liars.Lie { return liars.CutAt(0) }},
		"EXPUNGE, cut behind it":   {"expunge", []string{"UIDPLUS"}, "UID EXPUNGE", func(*liars.Server) liars.Lie { return liars.CutAt(0) }},
		"MOVE, removed by others":  {"trash", []string{"UIDPLUS", "MOVE"}, "UID MOVE", func(s *liars.Server) liars.Lie { return gone(s, liars.Die()) }},
		"STORE, removed by others": {"expunge", []string{"UIDPLUS"}, `FLAGS.SILENT (\Deleted)`, func(s *liars.Server) liars.Lie { return gone(s, liars.Die()) }},
		"COPY, removed by others":  {"trash", []string{"UIDPLUS"}, "UID COPY", func(s *liars.Server) liars.Lie { return gone(s, liars.Die()) }},
		"MOVE, EXPUNGEISSUED":      {"trash", []string{"UIDPLUS", "MOVE"}, "UID MOVE", func(s *liars.Server) liars.Lie { return gone(s, liars.No("[EXPUNGEISSUED]")) }},
		"COPY, EXPUNGEISSUED":      {"trash", []string{"UIDPLUS"}, "UID COPY", func(s *liars.Server) liars.Lie { return gone(s, liars.No("[EXPUNGEISSUED]")) }},
		"told before STORE \\Seen": {"expunge", []string{"UIDPLUS"}, `(\Seen)`, func(s *liars.Server) liars.Lie { return gone(s, liars.Before("* 1 EXPUNGE\r\n")) }},
		"told by VANISHED, MOVE":   {"trash", []string{"UIDPLUS", "MOVE"}, `(\Seen)`, func(s *liars.Server) liars.Lie { return gone(s, liars.Before("* VANISHED 11\r\n")) }},
		"told between COPY and STORE": {"archive", []string{"UIDPLUS"}, "UID COPY", func(s *liars.Server) liars.Lie {
			return func(x *liars.Exchange) {
				answer := x.Carry()
				remove(s, 11)
				x.Send("* 1 EXPUNGE\r\n" + answer)
			}
		}},
	}
	type repeat struct {
		*actor
		test   string
		beside bool // another message is marked, and there is something left to repeat for
	}
	var actors []*actor
	var repeats []repeat
	for name, test := range tests {
		for _, beside := range []bool{false, true} {
			a := &actor{drop: test.drop, server: liars.New(t, liars.Options{Caps: test.caps})}
			actors, repeats = append(actors, a), append(repeats, repeat{a, name, beside})
		}
	}
	s := newStage(t, actors)
	t.Run("repeats", func(t *testing.T) {
		for _, r := range repeats {
			t.Run(fmt.Sprintf("%s, beside another: %v", r.test, r.beside), func(t *testing.T) {
				t.Parallel()
				a, test := r.actor, tests[r.test]
				d := s.login(t, a)
				d.Message("RETR 1")
				d.OK("DELE 1")
				if r.beside {
					d.OK("DELE 4")
				}
				a.server.Lie(liars.Once(test.on, test.lie(a.server)), takesTheNext(a.server))
				d.Quit()
				others(t, a, 11, 20)
				a.server.Mail(func(m *liars.Mail) {
					if m.Inbox().Find(11) != nil {
						t.Error("UID 11 is still there")
					}
					if there := m.Inbox().Find(20) != nil; there == r.beside {
						t.Errorf("UID 20 is there: %v", there)
					}
					for _, box := range m.Boxes[1:] {
						if box.Count(first()) > 1 {
							t.Errorf("%s holds it twice", box.Name)
						}
					}
				})
			})
		}
	})
}

// TestQuitAsksNothingMore: where nothing is gone and nothing fails, QUIT needs the
// look, \Seen and the op, and not one command more.
func TestQuitAsksNothingMore(t *testing.T) {
	t.Parallel()
	move := &actor{reuse: "5m", server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})}
	expunge := &actor{reuse: "5m", drop: "expunge", server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}})}
	s := newStage(t, []*actor{move, expunge})
	for a, verbs := range map[*actor][]string{
		move:    {"UID FETCH", "UID STORE", "UID MOVE"},
		expunge: {"UID FETCH", "UID STORE", "UID STORE", "UID EXPUNGE"},
	} {
		d := s.login(t, a)
		d.Message("RETR 1")
		d.OK("DELE 1")
		d.OK("DELE 3")
		before := len(a.server.Commands())
		d.Quit()
		var got []string
		for _, c := range a.server.Commands()[before:] {
			words := strings.SplitN(c, " ", 3)
			got = append(got, words[0]+" "+words[min(1, len(words)-1)])
		}
		if len(got) < len(verbs) || !slices.Equal(got[:len(verbs)], verbs) || slices.Contains(got, "NOOP NOOP") {
			t.Errorf("QUIT sends %q, want %q", got, verbs)
		}
	}
}
