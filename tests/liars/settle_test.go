package liars_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/tests/liars"
)

// blow is a way to fail in one command of QUIT.
type blow struct {
	name string
	do   liars.Lie
	// refusal: the server says no and lives, so the command is not tried again.
	refusal bool
}

var blows = []blow{
	{name: "dies before the effect", do: liars.Die()},
	{name: "dies behind the effect", do: liars.CutAt(0)},
	{name: "dies in the tagged line", do: liars.CutAt(-4)},
	{name: "BYE before the effect", do: liars.Bye()},
	{name: "BYE behind the effect", do: liars.Edit(func(string) string { return "* BYE " + liars.Words + "\r\n" })},
	{name: "NO", do: liars.No(""), refusal: true},
	{name: "BAD", do: liars.Bad(), refusal: true},
}

// TestQuitSettles fails each command of QUIT in each way, for each action and
// set of capabilities, once and for good, and looks at what became of the mail.
func TestQuitSettles(t *testing.T) {
	var actors []*actor
	var names []string
	for i, action := range []string{"trash", "archive", "expunge", "flag", "hide"} {
		for j, caps := range [][]string{nil, {"UIDPLUS"}, {"MOVE"}, {"UIDPLUS", "MOVE"}} {
			if i > 2 && j > 0 && j < 3 {
				continue // they use neither
			}
			reuse := []string{"0s", "5m"}[(i+j)%2]
			actors = append(actors, &actor{drop: action, reuse: reuse, server: liars.New(t, liars.Options{Caps: caps})})
			names = append(names, fmt.Sprintf("%s %v %s", action, caps, reuse))
		}
	}
	s := newStage(t, actors)
	t.Run("quit", func(t *testing.T) {
		for i, a := range actors {
			t.Run(names[i], func(t *testing.T) {
				t.Parallel()
				e := &ending{stage: s, actor: a, uidplus: strings.Contains(names[i], "UIDPLUS")}
				for _, b := range blows {
					e.everywhere(t, b)
				}
			})
		}
	})
}

// ending is a session that has retrieved message 1 and marked 2 and 4, at QUIT.
type ending struct {
	*stage
	*actor
	uidplus bool
	cases   int
	most    int // copies of a message that may lie in the target
}

func (e *ending) account() string { return fmt.Sprintf("case%d@%s.test", e.cases, e.actor.name) }

// everywhere lets the blow fall on each command in turn, until QUIT needs no
// more commands than that.
func (e *ending) everywhere(t *testing.T, b blow) {
	for n := 1; ; n++ {
		fell := e.fall(t, b, n, n, "")
		e.fall(t, b, n, 0, "")
		if !b.refusal {
			e.fall(t, b, n, n, liars.Words)
		}
		if !fell || t.Failed() {
			return
		}
		if n > 20 {
			t.Fatalf("%s: QUIT needs more than 20 commands", b.name)
		}
	}
}

// fall runs one session whose n-th command of QUIT is hit; last is 0 where all
// later ones are hit too. Where rebuilt is not empty the mailbox has another
// UIDVALIDITY from then on. It reports whether there was such a command.
func (e *ending) fall(t *testing.T, b blow, n, last int, rebuilt string) bool {
	t.Helper()
	name := fmt.Sprintf("%s at command %d to %d of QUIT", b.name, n, last)
	// Each case has an account of its own, of which nothing is remembered.
	e.server.Reset()
	e.cases++
	d := e.loginAs(t, e.account())
	d.Message("RETR 1")
	d.OK("DELE 2")
	d.OK("DELE 4")
	var first atomic.Pointer[string] // command that was hit
	rules := []liars.Rule{{On: "", First: n, Last: last, Do: func(x *liars.Exchange) {
		first.CompareAndSwap(nil, &x.Command)
		b.do(x)
	}}}
	if rebuilt != "" {
		rules = append(rules, liars.Always("SELECT", liars.Swap("UIDVALIDITY 7", "UIDVALIDITY 77")))
		name += ", rebuilt since"
	}
	e.server.Lie(rules...)
	reply, _ := d.command("QUIT", false)
	rest := d.Rest()
	e.server.Lie()
	fell, hit := first.Load() != nil, ""
	if fell {
		hit = *first.Load()
	}
	name += fmt.Sprintf(" (%s): %q", hit, reply)
	if rest != "" || strings.Contains(reply, liars.Words) || !strings.HasPrefix(reply, "+OK") && !strings.HasPrefix(reply, "-ERR [SYS/") {
		t.Errorf("%s: the device heard %q", name, reply+rest)
	}
	confirmed := strings.HasPrefix(reply, "+OK")
	// A COPY that was cut once is looked for, and never done twice. Only where
	// looking fails as well is a duplicate the lesser evil.
	e.most = 2
	if last == n && rebuilt == "" {
		e.most = 1
	}
	e.conserved(t, name, confirmed)
	if confirmed && e.uidplus && e.drop == "expunge" && e.holds(12, 20) {
		t.Errorf("%s: confirmed, and not expunged", name)
	}
	if (!fell || hit == "LOGOUT" || !b.refusal && last == n && rebuilt == "") && !confirmed {
		t.Errorf("%s: it should have been settled", name)
	}
	// What is hidden is hidden of the mailbox that the device saw.
	if rebuilt != "" && e.drop != "hide" && confirmed && fell && hit != "LOGOUT" && !strings.Contains(hit, `\Seen`) {
		t.Errorf("%s: it was confirmed although the mailbox was rebuilt", name)
	}
	if !confirmed {
		e.most = 2 // the device's second attempt copies again what the first one left
	}
	e.again(t, name, confirmed)
	polite(t, e.actor)
	return fell
}

// conserved holds the model to what no fault excuses, and where QUIT was
// confirmed to what it promises.
func (e *ending) conserved(t *testing.T, name string, confirmed bool) {
	t.Helper()
	before := liars.NewMail()
	e.server.Mail(func(m *liars.Mail) {
		inbox := m.Inbox()
		for _, old := range before.Inbox().Messages {
			now := inbox.Find(old.UID)
			if slices.Contains([]uint32{12, 20}, old.UID) {
				e.fate(t, name, m, now, old.Text, confirmed)
				continue
			}
			if now == nil || now.Text != old.Text || now.Has(`\Deleted`) != (old.UID == liars.Bystander) || now.Has("$POP3Deleted") {
				t.Errorf("%s: the unmarked UID %d was touched: %+v", name, old.UID, now)
			}
		}
		for _, box := range before.Boxes[1:] {
			if m.Box(box.Name).Count(box.Messages[0].Text) != 1 {
				t.Errorf("%s: what was in %s is gone", name, box.Name)
			}
		}
	})
}

// holds reports whether the INBOX has any of these UIDs.
func (e *ending) holds(uids ...uint32) (some bool) {
	e.server.Mail(func(m *liars.Mail) {
		some = slices.ContainsFunc(uids, func(uid uint32) bool { return m.Inbox().Find(uid) != nil })
	})
	return some
}

// fate is what may have become of a marked message; now is nil where it has
// left the INBOX.
func (e *ending) fate(t *testing.T, name string, m *liars.Mail, now *liars.Message, text string, confirmed bool) {
	t.Helper()
	away := now == nil || now.Has(`\Deleted`)
	switch e.drop {
	case "expunge":
		if confirmed && !away {
			t.Errorf("%s: confirmed, and still in the INBOX", name)
		}
	case "flag", "hide":
		if away {
			t.Errorf("%s: a message that had to stay is gone", name)
		} else if keyword := now.Has("$POP3Deleted"); e.drop == "hide" && keyword || e.drop == "flag" && confirmed && !keyword {
			t.Errorf("%s: the flags are %q", name, now.Flags)
		}
	default:
		target := map[string]string{"trash": "Trash", "archive": "Archive"}[e.drop]
		copies := m.Box(target).Count(text)
		switch {
		case away && copies == 0:
			t.Errorf("%s: a message is lost", name)
		case copies > e.most:
			t.Errorf("%s: %d copies in %s", name, copies, target)
		case confirmed && (!away || copies == 0):
			t.Errorf("%s: confirmed, and not moved", name)
		}
	}
}

// again logs in once more: what was confirmed is not shown, and what was not
// can be deleted now.
func (e *ending) again(t *testing.T, name string, confirmed bool) {
	t.Helper()
	d := e.loginAs(t, e.account())
	list := d.Lines("UIDL")
	if confirmed && len(list) != 2 {
		t.Errorf("%s: confirmed, and the next session sees %q", name, list)
	}
	for _, line := range list {
		number, id, _ := strings.Cut(line, " ")
		if id[:8] == "0000000c" || id[:8] == "00000014" {
			d.OK("DELE " + number)
		}
	}
	d.Quit()
	e.conserved(t, name+", then deleted", true)
}
