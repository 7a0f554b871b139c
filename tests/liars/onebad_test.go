package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// touching lies about commands that name a UID of their mailbox, and tells the truth
// about all others.
func touching(on, uid string, lie liars.Lie) liars.Rule {
	return liars.Always(on, func(x *liars.Exchange) {
		words := strings.SplitN(x.Command, " ", 4)
		for _, part := range strings.Split(words[2], ",") {
			from, to, ok := strings.Cut(part, ":")
			if !ok {
				to = from
			}
			if len(from) == len(uid) && from <= uid && uid <= to {
				lie(x)
				return
			}
		}
		x.Send(x.Carry())
	})
}

// half is a server that moves all but UID 12 and then refuses: RFC 6851 §3.3 lets a
// MOVE be done in part.
func half(x *liars.Exchange) {
	x.Command = strings.Replace(x.Command, "11:12,20", "11,20", 1)
	moved := x.Carry()
	x.Send(strings.TrimSuffix(moved, x.Tag+" OK done\r\n") + x.Tag + " NO " + liars.Words + "\r\n")
}

// rest refuses a MOVE, and fails where it names anything but UID 12.
func rest(t *testing.T) liars.Lie {
	return func(x *liars.Exchange) {
		if !strings.HasPrefix(x.Command, "UID MOVE 12 ") {
			t.Errorf("what was moved is moved again: %s", x.Command)
		}
		x.Send(x.Tag + " NO " + liars.Words + "\r\n")
	}
}

// TestOneBadAmongTheMarked: a message that the server cannot read, move or remove
// keeps no other from what the device has asked for. Where it stays QUIT says -ERR,
// and the next session neither repeats what was done nor speaks of an interruption.
func TestOneBadAmongTheMarked(t *testing.T) {
	move, plus := []string{"UIDPLUS", "MOVE"}, []string{"UIDPLUS"}
	tests := map[string]struct {
		actor
		caps  []string
		rules []liars.Rule
		stays bool
	}{
		"header refused, trash":     {actor{}, move, []liars.Rule{touching("HEADER.FIELDS", "12", liars.No(""))}, false},
		"header refused, expunge":   {actor{drop: "expunge"}, plus, []liars.Rule{touching("HEADER.FIELDS", "12", liars.Bad())}, false},
		"header refused, flag":      {actor{drop: "flag"}, plus, []liars.Rule{touching("HEADER.FIELDS", "12", liars.No("[SERVERBUG]"))}, false},
		"header refused, hide":      {actor{drop: "hide"}, plus, []liars.Rule{touching("HEADER.FIELDS", "12", liars.No(""))}, false},
		"every FETCH refused":       {actor{}, move, []liars.Rule{touching("UID FETCH", "12", liars.No(""))}, false},
		"every FETCH refused, hide": {actor{drop: "hide"}, plus, []liars.Rule{liars.Always("UID FETCH", liars.No("")), liars.Always("UID SEARCH", liars.No(""))}, false},
		"hangs up at a look, hide":  {actor{drop: "hide"}, plus, []liars.Rule{liars.Always("UID FETCH", liars.Die())}, false},
		"no date":                   {actor{}, move, []liars.Rule{liars.Always("INTERNALDATE", liars.Swap(` INTERNALDATE "01-Feb-2024 10:00:12 +0000"`, ""))}, false},
		"MOVE refused":              {actor{}, move, []liars.Rule{touching("UID MOVE", "12", liars.No(""))}, true},
		"MOVE refused half done":    {actor{}, move, []liars.Rule{liars.Once("UID MOVE", half), liars.Always("UID MOVE", rest(t))}, true},
		"COPY refused":              {actor{}, plus, []liars.Rule{touching("UID COPY", "12", liars.No(""))}, true},
		"COPY refused, archive":     {actor{drop: "archive"}, plus, []liars.Rule{touching("UID COPY", "12", liars.Bad())}, true},
		"STORE refused, expunge":    {actor{drop: "expunge"}, plus, []liars.Rule{touching(`(\Deleted)`, "12", liars.No(""))}, true},
		"STORE refused, flag":       {actor{drop: "flag"}, plus, []liars.Rule{touching("$POP3Deleted", "12", liars.No(""))}, true},
		"hangs up at header":        {actor{}, move, []liars.Rule{touching("HEADER.FIELDS", "12", liars.Die())}, false},
		"BYE at header, expunge":    {actor{drop: "expunge"}, plus, []liars.Rule{touching("HEADER.FIELDS", "12", liars.Bye())}, false},
		"hangs up in every FETCH":   {actor{reuse: "5m"}, move, []liars.Rule{touching("UID FETCH", "12", liars.Die())}, false},
		"MOVE hangs up":             {actor{}, move, []liars.Rule{touching("UID MOVE", "12", liars.Die())}, true},
		"MOVE says BYE, parked":     {actor{reuse: "5m"}, move, []liars.Rule{touching("UID MOVE", "12", liars.Bye())}, true},
		"MOVE hangs up, done":       {actor{}, move, []liars.Rule{touching("UID MOVE", "12", liars.CutAt(0))}, false},
		"COPY hangs up":             {actor{}, plus, []liars.Rule{touching("UID COPY", "12", liars.Die())}, true},
		"COPY says BYE, archive":    {actor{drop: "archive"}, plus, []liars.Rule{touching("UID COPY", "12", liars.Bye())}, true},
		"COPY hangs up, done":       {actor{}, plus, []liars.Rule{touching("UID COPY", "12", liars.CutAt(0))}, false},
		"STORE hangs up, expunge":   {actor{drop: "expunge"}, plus, []liars.Rule{touching(`(\Deleted)`, "12", liars.Die())}, true},
		"STORE hangs up, flag":      {actor{drop: "flag"}, plus, []liars.Rule{touching("$POP3Deleted", "12", liars.Die())}, true},
	}
	var actors []*actor
	byName := make(map[string]*actor)
	for name, test := range tests {
		a := test.actor
		a.server = liars.New(t, liars.Options{Caps: test.caps})
		byName[name], actors = &a, append(actors, &a)
	}
	s := newStage(t, actors)
	t.Run("quit", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := byName[name]
				d := s.login(t, a)
				for _, n := range []string{"1", "2", "4"} {
					d.OK("DELE " + n)
				}
				a.server.Lie(test.rules...)
				reply, _ := d.command("QUIT", false)
				if strings.HasPrefix(reply, "-ERR [SYS/") != test.stays || !test.stays && !strings.HasPrefix(reply, "+OK") {
					t.Errorf("QUIT: %q", reply)
				}
				others(t, a, 11, 12, 20)
				before := len(a.server.Commands())
				a.server.Lie()
				want := 1
				if test.stays {
					want = 2
				}
				d = s.login(t, a)
				if list := d.Lines("UIDL"); len(list) != want {
					t.Errorf("the next session sees %q, want %d", list, want)
				}
				d.Quit()
				for _, c := range a.server.Commands()[before:] {
					if strings.HasPrefix(c, "UID ") && !strings.HasPrefix(c, "UID FETCH") && !strings.HasPrefix(c, "UID SEARCH") {
						t.Errorf("the next session sends %q", c)
					}
				}
				for _, m := range liars.NewMail().Inbox().Messages {
					a.server.Mail(func(mail *liars.Mail) {
						if n := mail.Count(m.Text); n > 1 || n == 0 && a.drop != "expunge" {
							t.Errorf("UID %d is there %d times", m.UID, n)
						}
					})
				}
			})
		}
	})
	if log := s.Output(); strings.Contains(log, "[ERROR]") {
		t.Errorf("an ERROR that is none: %s", log)
	}
}
