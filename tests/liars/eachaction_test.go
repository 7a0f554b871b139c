package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// refusedOp is a command of a QUIT that a server does not carry out where it names one
// of the marked messages.
type refusedOp struct {
	action string
	caps   []string
	on     string
	// begun says that something was done with the message by then: the next session
	// tries the rest once more.
	begun bool
}

// TestOneBadForEachAction: whatever a server says to each command of each on_delete, on
// account of the first or the last of the marked messages, the others are dealt with, and
// QUIT says -ERR for that one. The next session does nothing again with the others; when
// the server has come to its senses the message can be deleted, and nothing is there twice.
func TestOneBadForEachAction(t *testing.T) {
	t.Parallel()
	move, plus := []string{"UIDPLUS", "MOVE"}, []string{"UIDPLUS"}
	deleted := `(\Deleted)`
	ops := []refusedOp{
		{"trash", move, "UID MOVE", false},
		{"trash", plus, "UID COPY", false},
		{"trash", plus, deleted, true},
		{"trash", plus, "UID EXPUNGE", true},
		{"archive", move, "UID MOVE", false},
		{"archive", plus, "UID COPY", false},
		{"archive", plus, deleted, true},
		{"expunge", plus, deleted, false},
		{"expunge", plus, "UID EXPUNGE", true},
		{"flag", plus, "$POP3Deleted", false},
	}
	ways := map[string]liars.Lie{
		"NO":             liars.No(""),
		"NO [CANNOT]":    liars.No("[CANNOT]"),
		"BAD":            liars.Say("{tag} BAD [CLIENTBUG] " + liars.Words + "\r\n"),
		"hangs up":       liars.Die(),
		"BYE":            liars.Bye(),
		"NO [SERVERBUG]": liars.No("[SERVERBUG]"),
	}
	var tests []refusedTest
	var actors []*actor
	for _, op := range ops {
		for way, lie := range ways {
			for _, uid := range []string{"11", "20"} {
				a := &actor{server: liars.New(t, liars.Options{Caps: op.caps}), drop: op.action}
				tests, actors = append(tests, refusedTest{op, a, uid, way}), append(actors, a)
				a.server.Lie(touching(op.on, uid, lie))
			}
		}
	}
	s := newStage(t, actors)
	for _, c := range tests {
		t.Run(fmt.Sprintf("%s, %s: %s at UID %s", c.action, c.on, c.way, c.uid), func(t *testing.T) {
			d := s.login(t, c.actor)
			for _, n := range []string{"1", "2", "4"} {
				d.OK("DELE " + n)
			}
			reply, _ := d.command("QUIT", false)
			if !strings.HasPrefix(reply, "-ERR [SYS/") {
				t.Errorf("QUIT: %q", reply)
			}
			others(t, c.actor, 11, 12, 20)
			c.dealtWith(t, c.uid)
			c.server.Lie()
			before := len(c.server.Commands())
			d = s.login(t, c.actor)
			list := d.UniqueIDs()
			for _, command := range c.server.Commands()[before:] {
				words := strings.SplitN(command, " ", 4)
				if words[0] == "UID" && words[1] != "FETCH" && words[1] != "SEARCH" && (!c.begun || words[2] != c.uid) {
					t.Errorf("the next session sends %q", command)
				}
			}
			want := 2
			if c.begun {
				want = 1 // what was left of it is done
			}
			if len(list) != want {
				t.Errorf("the next session sees %q, want %d", list, want)
			}
			for number, id := range list {
				if id != "0000000e00000007" {
					d.OK(fmt.Sprintf("DELE %d", number+1))
				}
			}
			d.Quit()
			c.dealtWith(t, "")
			others(t, c.actor, 11, 12, 20)
		})
	}
}

// refusedTest is a server that does that for one UID.
type refusedTest struct {
	refusedOp
	*actor
	uid string
	way string
}

// dealtWith fails unless each of the marked messages, but one, is where on_delete puts it,
// and none is there twice.
func (c *refusedTest) dealtWith(t *testing.T, but string) {
	t.Helper()
	targets := map[string]string{"trash": "Trash", "archive": "Archive"}
	for _, old := range liars.NewMail().Inbox().Messages {
		if old.UID != 11 && old.UID != 12 && old.UID != 20 {
			continue
		}
		c.server.Mail(func(m *liars.Mail) {
			left := m.Inbox().Find(old.UID)
			copies := 0
			if box := m.Box(targets[c.action]); box != nil {
				copies = box.Count(old.Text)
			}
			bad := fmt.Sprint(old.UID) == but
			switch {
			case copies > 1 || left == nil && copies == 0 && targets[c.action] != "":
				t.Errorf("UID %d is in %s %d times", old.UID, targets[c.action], copies)
			case bad && left == nil && c.action != "expunge":
				t.Errorf("UID %d was refused, and is gone", old.UID)
			case !bad && c.action == "flag" && (left == nil || !left.Has("$POP3Deleted")):
				t.Errorf("UID %d is not flagged: %+v", old.UID, left)
			case !bad && c.action != "flag" && left != nil:
				t.Errorf("UID %d is still there: %+v", old.UID, left)
			}
		})
	}
}
