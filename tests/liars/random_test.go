package liars_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestRandomCuts plays sessions whose upstream is cut after a random number of
// octets, with a fixed seed. After each session the model is compared with what
// the device did and was told.
func TestRandomCuts(t *testing.T) {
	const sessions = 500
	var actors []*actor
	for i, action := range []string{"trash", "archive", "expunge", "flag", "hide"} {
		for j, caps := range [][]string{nil, {"UIDPLUS"}, {"UIDPLUS", "MOVE"}} {
			reuse := []string{"0s", "5m"}[(i+j)%2]
			actors = append(actors, &actor{drop: action, reuse: reuse, server: liars.New(t, liars.Options{Caps: caps})})
		}
	}
	s := newStage(t, actors)
	random := rand.New(rand.NewPCG(1939, 3501))
	runs := make([]*run, len(actors))
	for i, a := range actors {
		runs[i] = &run{stage: s, actor: a, random: random, original: make(map[string]*liars.Message)}
		runs[i].refill()
	}
	for i := range sessions {
		r := runs[i%len(runs)]
		r.name = fmt.Sprintf("session %d", i)
		r.session(t)
		r.invariants(t)
		polite(t, r.actor)
		if t.Failed() {
			t.Logf("%s on %s said %q and heard %q", r.name, r.drop, r.said, r.heard)
			return
		}
		r.refill()
	}
	for _, r := range runs {
		// What was left in doubt is settled by then, and everything works.
		d := s.login(t, r.actor)
		d.Quit()
	}
}

// run is one account through many sessions.
type run struct {
	*stage
	*actor
	random   *rand.Rand
	name     string
	original map[string]*liars.Message // by text, of the INBOX when first seen
	marked   []string                  // by some session that said QUIT, whatever became of it
	said     []string
	heard    string
}

// refill adds messages, so that there always is something to do.
func (r *run) refill() {
	r.server.Mail(func(m *liars.Mail) {
		inbox := m.Inbox()
		for inbox.UIDNext%7 != 0 || len(inbox.Messages) < 6 {
			n := r.random.IntN(400)
			inbox.Add(fmt.Sprintf("Subject: %s %d\r\n\r\n%s\r\n.\r\nend", r.actor.name, inbox.UIDNext, strings.Repeat("x.\r\n.", n)))
		}
		for _, msg := range inbox.Messages {
			if r.original[msg.Text] == nil {
				keep := *msg
				r.original[msg.Text] = &keep
			}
		}
	})
}

// session does what comes to a random device's mind. Cuts fall within what one
// session usually takes.
func (r *run) session(t *testing.T) {
	r.said, r.heard = nil, ""
	if r.random.IntN(2) == 0 {
		r.server.Hangup() // also what was parked
	}
	cuts := make([]int, r.random.IntN(5))
	for i := range cuts {
		cuts[i] = r.random.IntN(5000 / (1 + i*i))
	}
	r.server.CutAfter(cuts...)
	defer r.server.CutAfter()
	d := r.dial(t)
	defer d.Cut()
	if answer := d.pass(r.user()); !strings.HasPrefix(answer, "+OK") {
		r.heard = answer
		if !strings.HasPrefix(answer, temp) {
			t.Errorf("%s: the login was answered with %q", r.name, answer)
		}
		return
	}
	listing, whole := d.command("UIDL", true)
	if !whole || !strings.HasPrefix(listing, "+OK") {
		t.Errorf("%s: UIDL: %q", r.name, listing)
		return
	}
	uids := strings.Split(strings.TrimSuffix(listing, ".\r\n"), "\r\n")[1:]
	uids = uids[:len(uids)-1]
	marks := make(map[int]bool)
	for range r.random.IntN(8) {
		if len(uids) == 0 || !r.step(t, d, uids, marks) {
			return
		}
	}
	if r.random.IntN(5) == 0 {
		return // it goes away without a word
	}
	for n := range marks {
		r.marked = append(r.marked, r.text(uids[n-1]))
	}
	if r.random.IntN(2) == 0 {
		r.server.CutAfter(r.random.IntN(400), r.random.IntN(800))
	}
	answer, _ := d.command("QUIT", false)
	r.note("QUIT", answer)
	if strings.HasPrefix(answer, "+OK") {
		r.confirmed(t, uids, marks)
	} else if !strings.HasPrefix(answer, temp) {
		t.Errorf("%s: QUIT was answered with %q", r.name, answer)
	}
}

func (r *run) note(command, answer string) {
	r.said = append(r.said, command)
	r.heard += answer
}

// step is one command; false: the connection is gone.
func (r *run) step(t *testing.T, d device, uids []string, marks map[int]bool) bool {
	n := 1 + r.random.IntN(len(uids))
	switch r.random.IntN(6) {
	case 0, 1, 2:
		command := fmt.Sprintf([]string{"RETR %d", "TOP %d 100000"}[r.random.IntN(2)], n)
		answer, whole := d.command(command, true)
		r.note(command, answer)
		if text := r.text(uids[n-1]); !marks[n] {
			if !strings.HasSuffix(text, "\r\n") {
				text += "\r\n"
			}
			judge(t, r.name+": "+command, answer, whole, text)
		}
		return whole
	case 3, 4:
		command := fmt.Sprintf("DELE %d", n)
		answer, whole := d.command(command, false)
		r.note(command, answer)
		if strings.HasPrefix(answer, "+OK") == marks[n] {
			t.Errorf("%s: %s was answered with %q", r.name, command, answer)
		}
		marks[n] = true
		return whole
	default:
		answer, whole := d.command("RSET", false)
		r.note("RSET", answer)
		if r.random.IntN(3) == 0 {
			clear(marks)
			return whole
		}
		for n := range marks {
			if answer, _ := d.command(fmt.Sprintf("DELE %d", n), false); !strings.HasPrefix(answer, "+OK") {
				t.Errorf("%s: DELE %d after RSET: %q", r.name, n, answer)
			}
		}
		return whole
	}
}

// text is the message that a line of UIDL names by its UID.
func (r *run) text(line string) string {
	_, id, _ := strings.Cut(line, " ")
	var uid uint32
	if _, err := fmt.Sscanf(id[:8], "%08x", &uid); err != nil {
		return ""
	}
	for text, msg := range r.original {
		if msg.UID == uid {
			return text
		}
	}
	return ""
}

// confirmed is what +OK to QUIT promises for each marked message.
func (r *run) confirmed(t *testing.T, uids []string, marks map[int]bool) {
	t.Helper()
	r.server.Mail(func(m *liars.Mail) {
		for n := range marks {
			text := r.text(uids[n-1])
			now := m.Inbox().Find(r.original[text].UID)
			away := now == nil || now.Has(`\Deleted`)
			done := away
			switch r.drop {
			case "trash":
				done = away && m.Box("Trash").Count(text) > 0
			case "archive":
				done = away && m.Box("Archive").Count(text) > 0
			case "flag":
				done = !away && now.Has("$POP3Deleted")
			case "hide":
				done = !away
			}
			if !done {
				t.Errorf("%s: +OK to QUIT, and UID %d is %+v", r.name, r.original[text].UID, now)
			}
		}
	})
}

// invariants hold after every session: what nobody marked is as it was, and what
// somebody marked is lost only where the operator wants it so.
func (r *run) invariants(t *testing.T) {
	t.Helper()
	r.server.Mail(func(m *liars.Mail) {
		for text, old := range r.original {
			now := m.Inbox().Find(old.UID)
			switch {
			case now != nil && now.Text != text:
				t.Errorf("%s: UID %d is another message", r.name, old.UID)
			case !slices.Contains(r.marked, text):
				if now == nil || now.Has(`\Deleted`) != (old.UID == liars.Bystander) || now.Has("$POP3Deleted") {
					t.Errorf("%s: UID %d was not marked, and is %+v", r.name, old.UID, now)
				}
			case r.drop == "expunge":
			case now == nil || now.Has(`\Deleted`):
				if copies := m.Box("Trash").Count(text) + m.Box("Archive").Count(text); copies == 0 {
					t.Errorf("%s: UID %d is lost", r.name, old.UID)
				}
			}
		}
	})
}
