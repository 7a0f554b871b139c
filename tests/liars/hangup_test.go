package liars_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// hangsOver ends the connection over one of some messages, in the answer to whatever
// command means it; told says that what comes before it is told. last is what it says.
func hangsOver(told bool, last string, uids ...int) liars.Lie {
	return func(x *liars.Exchange) {
		honest := x.Carry()
		for _, uid := range uids {
			before, _, means := strings.Cut(honest, fmt.Sprintf("(UID %d ", uid))
			if !means {
				continue
			}
			if told {
				x.Send(before[:strings.LastIndex(before, "* ")])
			}
			x.Send(last)
			x.Close()
			return
		}
		x.Send(honest)
	}
}

// TestListingHangsUp: a server that ends the connection because of one message, in the
// middle of the listing or instead of it, shows all the others.
func TestListingHangsUp(t *testing.T) {
	const sizes, all, bye = "RFC822.SIZE", "UID FETCH", "* BYE [UNAVAILABLE] " + liars.Words + "\r\n"
	first := "C: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>…"
	unsized := func(number int) string {
		return fmt.Sprintf("C: STAT\nS: +OK 4 …\nC: LIST %d\nS: +OK %[1]d 0\nC: UIDL 4\nS: +OK 4 0000001400000007", number)
	}
	rules := func(on string, lie liars.Lie) []liars.Rule { return []liars.Rule{liars.Always(on, lie)} }
	playInModes(t, []fault{
		{name: "at the first", rules: rules(sizes, hangsOver(false, "", 11)), then: unsized(1), log: "without_size=11"},
		{name: "at one in the middle", rules: rules(sizes, hangsOver(false, "", 12)), then: unsized(2) + "\n" + first, log: "without_size=12"},
		{name: "at the last", rules: rules(sizes, hangsOver(false, "", 20)), then: unsized(4), log: "without_size=20"},
		{name: "behind those before it", rules: rules(sizes, hangsOver(true, "", 14)), then: unsized(3), log: "without_size=14"},
		{name: "behind those before the last", rules: rules(sizes, hangsOver(true, "", 20)), then: unsized(4), log: "without_size=20"},
		{name: "with BYE", rules: rules(sizes, hangsOver(false, bye, 12)), then: unsized(2), log: "without_size=12"},
		{name: "with BYE, behind those before it", rules: rules(sizes, hangsOver(true, bye, 12)), then: unsized(2), log: "without_size=12"},
		{name: "in the middle of its row", rules: rules(sizes, hangsOver(true, "* 2 FETCH (UID 12 FLA", 12)), then: unsized(2), log: "without_size=12"},
		{name: "at two", rules: rules(sizes, hangsOver(false, "", 12, 20)), then: "C: STAT\nS: +OK 4 …\nC: LIST 2\nS: +OK 2 0\nC: LIST 4\nS: +OK 4 0", log: "without_size="},
		{name: "whatever is asked", rules: rules(all, hangsOver(false, "", 12)), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007\n" + first, log: "left_out=12"},
		{name: "whatever is asked, behind those before it", rules: rules(all, hangsOver(true, "", 12)), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "whatever is asked, with BYE", rules: rules(all, hangsOver(false, bye, 11)), then: "C: STAT\nS: +OK 3 …\nC: UIDL 1\nS: +OK 1 0000000c00000007", log: "left_out=11", lasting: true},
		{name: "at what somebody has struck out", rules: rules(all, hangsOver(false, "", liars.Bystander)), then: "C: STAT\nS: +OK 4 …", log: "left_out=17"},
		{name: "over flags at the second login", before: true, rules: rules(all, hangsOver(false, "", liars.Bystander)), then: "C: STAT\nS: +OK 4 …"},
		{name: "over all", rules: rules(all, hangsOver(false, "", 11, 12, 14, 17, 20)), login: temp, log: "listing the mailbox"},
		{name: "over all with a size", rules: rules(sizes, liars.Die()), login: temp, log: "listing the mailbox"},
	})
}

// TestHangsUpOnce: the message that the server ends the connection over is remembered as
// one: later logins list new mail and do not ask for it again, and when it is healed,
// popbridge asks for it after a while, or when it has read its configuration anew.
func TestHangsUpOnce(t *testing.T) {
	t.Parallel()
	for _, reuse := range []bool{false, true} {
		t.Run(fmt.Sprintf("reuse %v", reuse), func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			var s *stage
			if reuse {
				s = reusing(t, server, "on_delete: hide")
			} else {
				s = alone(t, server, "on_delete: hide", "")
			}
			before := s.ids(t, "alice@x.test")
			s.AwaitTimes("session ended", 1)
			server.Mail(func(m *liars.Mail) {
				for n := range 40 {
					m.Inbox().Add(fmt.Sprintf("Message-ID: <n%d@x>\r\nSubject: new\r\n\r\nx\r\n", n))
				}
			})
			server.Hangup()
			server.Lie(liars.Always("UID FETCH", hangsOver(false, "", 33)))
			logins := server.Logins()
			if now := s.ids(t, "alice@x.test"); strings.Count(now, "00000007") != 43 || !strings.HasPrefix(now, strings.TrimSuffix(before, "]")) {
				t.Errorf("now %s, before %s", now, before)
			}
			if n := server.Logins() - logins; n > 16 {
				t.Errorf("to find one of 40 took %d logins", n)
			}
			s.AwaitLine("[WARN]", "does not add up", "left_out=33")
			s.AwaitTimes("session ended", 2)
			s.ids(t, "alice@x.test")
			s.AwaitTimes("session ended", 3)
			logins = server.Logins()
			server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: newest\r\n\r\nx\r\n") })
			if now := s.ids(t, "alice@x.test"); strings.Count(now, "00000007") != 44 {
				t.Errorf("with a new message: %s", now)
			}
			s.AwaitTimes("session ended", 4)
			if n := server.Logins() - logins; n > 1 {
				t.Errorf("a message that is known to be bad took %d logins", n)
			}
			alone := 0
			for _, c := range server.Commands() {
				if strings.HasPrefix(c, "UID FETCH 33 ") {
					alone++
				}
			}
			if alone > 2 { // for its size and flags, then for its flags
				t.Errorf("it was asked for %d times: %q", alone, server.Commands())
			}
			server.Lie()
			config, err := os.ReadFile(s.Config)
			if err != nil || !s.Reload(string(config)) {
				t.Fatalf("the configuration was not read again: %v", err)
			}
			if now := s.ids(t, "alice@x.test"); strings.Count(now, "00000007") != 45 {
				t.Errorf("when it is healed: %s", now)
			}
		})
	}
}

// TestOnlyMessageIsBad: a mailbox whose only message is bad, in whatever way, can be
// logged in to. The message is shown where it can be, and the log says which it is.
func TestOnlyMessageIsBad(t *testing.T) {
	t.Parallel()
	const sizes, all = "RFC822.SIZE", "UID FETCH"
	edit := func(pattern, instead string) liars.Lie {
		return liars.Edit(func(answer string) string { return regexp.MustCompile(pattern).ReplaceAllString(answer, instead) })
	}
	tests := map[string]struct {
		on    string
		do    liars.Lie
		shown int
		log   string // empty: nothing is strange
	}{
		"NO":                           {sizes, liars.No(""), 1, "without_size=11"},
		"NO to whatever is asked":      {all, liars.No(""), 0, "left_out=11"},
		"NO [SERVERBUG]":               {sizes, liars.No("[SERVERBUG]"), 1, "without_size=11"},
		"NO [UNAVAILABLE]":             {all, liars.No("[UNAVAILABLE]"), 0, "left_out=11"},
		"BAD":                          {sizes, liars.Bad(), 1, "without_size=11"},
		"BAD to whatever is asked":     {all, liars.Bad(), 0, "left_out=11"},
		"UID 0":                        {sizes, edit("UID 11", "UID 0"), 1, "without_size=11"},
		"UID 0 whatever is asked":      {all, edit("UID 11", "UID 0"), 0, "left_out=11"},
		"without UID":                  {sizes, edit("UID 11 ", ""), 1, "without_size=11"},
		"without UID, whatever":        {all, edit("UID 11 ", ""), 0, "left_out=11"},
		"size -1":                      {sizes, edit("RFC822.SIZE [0-9]+", "RFC822.SIZE -1"), 1, "without_size=11"},
		"size 9.3e+06":                 {sizes, edit("RFC822.SIZE [0-9]+", "RFC822.SIZE 9.3e+06"), 1, "without_size=11"},
		"size beyond 64 bits":          {sizes, edit("RFC822.SIZE [0-9]+", "RFC822.SIZE 99999999999999999999"), 1, "without_size=11"},
		"size NIL":                     {sizes, edit("RFC822.SIZE [0-9]+", "RFC822.SIZE NIL"), 1, ""},
		"without size":                 {sizes, edit(" RFC822.SIZE [0-9]+", ""), 1, "without_size=11"},
		"FLAGS NIL":                    {sizes, edit(`FLAGS \(\)`, "FLAGS NIL"), 1, ""},
		"without FLAGS":                {all, edit(`FLAGS \(\) ?`, ""), 0, "left_out=11"},
		"no row":                       {sizes, liars.Say("{tag} OK done\r\n"), 1, "without_size=11"},
		"no row, whatever is asked":    {all, liars.Say("{tag} OK done\r\n"), 0, "left_out=11"},
		"hangs up":                     {sizes, liars.Die(), 1, "without_size=11"},
		"hangs up, whatever is asked":  {all, liars.Die(), 0, "left_out=11"},
		"BYE, whatever is asked":       {all, liars.Bye(), 0, "left_out=11"},
		"hangs up in the row":          {all, liars.CutAt(20), 0, "left_out=11"},
		"hangs up behind the row":      {all, liars.CutAt(-10), 1, ""},
		"NO behind the row":            {all, liars.Edit(func(a string) string { return strings.Replace(a, " OK done", " NO "+liars.Words, 1) }), 1, "SERVERBUG"},
		"nothing is wrong with it":     {all, func(x *liars.Exchange) { x.Send(x.Carry()) }, 1, ""},
		"struck out, hangs up over it": {all, liars.Die(), 0, "left_out=11"},
	}
	var actors []*actor
	byName := make(map[string]*actor)
	for name := range tests {
		a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})}
		a.server.Mail(func(m *liars.Mail) {
			m.Inbox().Messages = m.Inbox().Messages[:1]
			if strings.HasPrefix(name, "struck out") {
				m.Inbox().Messages[0].Set(`\Deleted`)
			}
		})
		byName[name], actors = a, append(actors, a)
	}
	s := newStage(t, actors)
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			a := byName[name]
			a.server.Lie(liars.Always(c.on, c.do))
			for range 2 {
				d := s.login(t, a)
				if got := d.Lines("UIDL"); len(got) != c.shown || c.shown == 1 && got[0] != "1 0000000b00000007" {
					t.Errorf("UIDL: %q, want %d", got, c.shown)
				}
				d.Quit()
			}
			if c.log != "" && c.log != "SERVERBUG" {
				s.AwaitLine("[WARN]", "upstream="+a.name+" ", "does not add up", c.log)
			}
			if n := a.server.Logins(); n > 12 {
				t.Errorf("%d logins", n)
			}
			a.server.Lie()
			polite(t, a)
		})
	}
}

// TestFewMessagesAreBad: where a few messages are all that a mailbox holds, and all bad,
// it can be logged in to. The log names them, nothing of them is forgotten, and one that
// comes is shown. Where more are, the server is thought to be ill, and the login refused.
func TestFewMessagesAreBad(t *testing.T) {
	t.Parallel()
	ways := map[string]liars.Lie{
		"NO":              liars.No(""),
		"BAD":             liars.Bad(),
		"no row":          liars.Say("{tag} OK done\r\n"),
		"UID 0":           liars.Edit(func(a string) string { return regexp.MustCompile(`UID [0-9]+`).ReplaceAllString(a, "UID 0") }),
		"without UID":     liars.Edit(func(a string) string { return regexp.MustCompile(`UID [0-9]+ ?`).ReplaceAllString(a, "") }),
		"without FLAGS":   liars.Edit(func(a string) string { return strings.ReplaceAll(a, "FLAGS ()", "") }),
		"no row is whole": liars.Edit(func(a string) string { return strings.ReplaceAll(a, "FLAGS ()", "FLAGS (((") }),
	}
	type bad struct {
		*actor
		way   string
		count int
	}
	var all []bad
	var actors []*actor
	for way, do := range ways {
		for _, count := range []int{2, 3, 4} {
			a := &actor{server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}}), reuse: "5m"}
			a.server.Mail(func(m *liars.Mail) {
				b := m.Inbox()
				b.Messages = b.Messages[:2]
				for len(b.Messages) < count {
					b.Add("Subject: more\r\n\r\nx\r\n")
				}
			})
			a.server.Lie(liars.Always("UID FETCH", do))
			all, actors = append(all, bad{a, way, count}), append(actors, a)
		}
	}
	s := newStage(t, actors)
	for _, c := range all {
		t.Run(fmt.Sprintf("%d, %s", c.count, c.way), func(t *testing.T) {
			if c.count > 3 {
				if answer := s.dial(t).pass(c.user()); !strings.HasPrefix(answer, temp) {
					t.Errorf("PASS: %q", answer)
				}
				return
			}
			for range 2 {
				d := s.login(t, c.actor)
				if got := d.Lines("UIDL"); len(got) != 0 {
					t.Errorf("UIDL: %q", got)
				}
				d.Quit()
			}
			s.AwaitLine("[WARN]", "upstream="+c.name+" ", "does not add up", map[int]string{2: "left_out=11:12", 3: `left_out="11:12,21"`}[c.count])
			c.server.Lie()
			c.server.Mail(func(m *liars.Mail) { m.Inbox().Add("Subject: new\r\n\r\nx\r\n") })
			d := s.login(t, c.actor)
			if got := d.Lines("UIDL"); len(got) != c.count+1 || got[0] != "1 0000000b00000007" || got[1] != "2 0000000c00000007" {
				t.Errorf("when it is healed: %q", got)
			}
			d.Quit()
		})
	}
}
