package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// first is the message that RETR 1 gives, as the honest server holds it.
func first() string { return liars.NewMail().Inbox().Messages[0].Text }

// stuffed is a message as a device hears it behind +OK, without the terminator.
func stuffed(text string) string {
	return strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n..")[2:]
}

// TestBodies: lies within the answer to FETCH. A device gets the whole message,
// or -ERR, or an answer without a terminator and the end of the connection.
func TestBodies(t *testing.T) {
	at := func(do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always("BODY.PEEK", do)} }
	once := func(do liars.Lie) []liars.Rule { return []liars.Rule{liars.Once("BODY.PEEK", do)} }
	evil := "Subject: " + liars.Words + "\r\n\r\nevil\r\n"
	body := func(uid int, text string) string {
		return fmt.Sprintf("* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", uid, len(text), text)
	}
	const ok = "{tag} OK done\r\n"
	size := len(first())
	announced := func(n int) liars.Lie { return liars.Swap(fmt.Sprintf("{%d}", size), fmt.Sprintf("{%d}", n)) }
	slow := actor{timeout: "2s"}

	refused := "C: RETR 1\nS: -ERR …\nC: NOOP\nS: +OK"
	later := "C: RETR 1\nS: -ERR [SYS/TEMP] …\nC: NOOP\nS: +OK"
	whole := "C: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1\nS:\nS: body of UID 11\nS: ..\nS: the end\nS: .\nC: NOOP\nS: +OK"

	playInModes(t, []fault{
		{name: "NIL", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] NIL)\r\n" + ok)), then: refused},
		{name: "nothing", rules: at(liars.Say(ok)), then: refused},
		{name: "only flags", rules: at(liars.Say("* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n" + ok)), then: refused},
		{name: "another UID", rules: at(liars.Say(body(12, evil) + ok)), then: refused},
		{name: "no UID", rules: at(liars.Say("* 1 FETCH (BODY[] {4}\r\nevil)\r\n" + ok)), then: "refused"},
		{name: "another section", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[TEXT] {4}\r\nevil)\r\n" + ok)), then: refused},
		{name: "another part", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[]<5> {4}\r\nevil)\r\n" + ok)), then: refused},
		{name: "refused", rules: at(liars.No("")), then: later, log: "server said NO"},
		{name: "refused with NOPERM", rules: at(liars.No("[NOPERM]")), then: "C: RETR 1\nS: -ERR [SYS/PERM] …", log: "NOPERM"},
		{name: "refused with EXPUNGEISSUED", rules: at(liars.No("[EXPUNGEISSUED]")), then: refused},
		{name: "called wrong", rules: at(liars.Bad()), then: later, log: "BAD"},
		{name: "BYE", rules: at(liars.Bye()), then: later, log: "BYE"},
		{name: "BYE once", rules: once(liars.Bye()), then: whole},
		{name: "dies", rules: at(liars.Die()), then: later},
		{name: "dies once", rules: once(liars.Die()), then: whole},
		{name: "dies once before the literal", rules: once(liars.CutAt(20)), then: whole},
		{name: "silent", actor: slow, rules: at(liars.Stall("")), then: later, log: "no octet"},
		{name: "another UIDVALIDITY after it died", rules: append(once(liars.Die()), liars.Rule{On: "SELECT", First: 2, Do: liars.Swap("UIDVALIDITY 7", "UIDVALIDITY 8")}), then: later, log: "UIDVALIDITY changed"},
		{name: "no password after it died", rules: append(once(liars.Die()), liars.Rule{On: "AUTHENTICATE", First: 2, Do: liars.No("[AUTHENTICATIONFAILED]")}), then: "C: RETR 1\nS: -ERR …\nC: NOOP\nS: +OK"},
		{name: "a literal beyond 64 bits", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] {99999999999999999999}\r\n")), then: later},
		{name: "a negative literal", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] {-5}\r\n")), then: later},
		{name: "a literal without a number", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] {}\r\n")), then: later},
		{name: "a number in place of a body", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] 17)\r\n" + ok)), then: "C: RETR 1\nS: -ERR …\nC: NOOP\nS: +OK"},
		{name: "flood before the body", rules: once(liars.Flood("* 1 FETCH (FLAGS ())\r\n")), then: whole},

		{name: "announced longer, then the end", rules: at(func(x *liars.Exchange) { announced(size + 500)(x); x.Close() }), then: later},
		{name: "announced longer, then silence", actor: slow, rules: at(announced(size + 500)), then: later, log: "no octet"},
		{name: "announced longer by one", actor: slow, rules: at(announced(size + 1)), then: later},
		{name: "announced shorter by one", rules: at(announced(size - 1)), then: later},
		{name: "announced shorter", rules: at(announced(size - 12)), then: later},
		{name: "announced empty", rules: at(announced(0)), then: later},
		{name: "NO behind the body", rules: at(liars.Swap(" OK done", " NO [SERVERBUG] "+liars.Words)), then: later, log: "SERVERBUG"},
		{name: "BAD behind the body", rules: at(liars.Swap(" OK done", " BAD "+liars.Words)), then: later, log: "BAD"},
		{name: "BYE behind the body", rules: at(liars.Edit(func(a string) string { return a[:strings.LastIndex(a, "A")] + "* BYE " + liars.Words + "\r\n" })), then: later, log: "BYE"},
		{name: "another tag behind the body", rules: at(liars.Edit(func(a string) string { return a[:strings.LastIndex(a, "A")] + "A999 OK done\r\n" })), then: later, log: "not in flight"},
		{name: "dies behind the body", rules: at(liars.CutAt(-3)), then: later},
		{name: "dies once within the body", rules: once(liars.CutAt(60)), then: whole},
		{name: "dies once behind the body", rules: once(liars.CutAt(-3)), then: whole},
		{name: "announced longer by one, once", actor: slow, rules: once(announced(size + 1)), then: whole},
		{name: "announced shorter, once", rules: once(announced(size - 12)), then: whole},
		{name: "nonsense behind the body, once", rules: once(liars.Swap(")\r\nA", "\x01)\r\nA")), then: whole},
		{name: "dies before the last octet of the body", rules: at(liars.CutAt(-len(")\r\nA0 OK done\r\n") - 1)), then: later},
		{name: "silent within the body", actor: slow, rules: at(liars.Stall("* 1 FETCH (UID 11 BODY[] {5000}\r\nSubject: x\r\n")), then: later, log: "no octet"},
		{name: "the UID behind the body is another", rules: at(liars.Say("* 1 FETCH (BODY[] {4}\r\nevil UID 12)\r\n" + ok)), then: later},
		{name: "a second body in the same response", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] {4}\r\ngood BODY[] {4}\r\nevil)\r\n" + ok)), then: "C: RETR 1\nS: +OK…\nS: good\nS: ."},

		{name: "wrong sequence number", rules: at(liars.Swap("* 1 FETCH", "* 9 FETCH")), then: whole},
		{name: "the UID behind the body", rules: at(liars.Edit(func(a string) string {
			return strings.Replace(strings.Replace(a, "UID 11 ", "", 1), ")\r\nA", " UID 11)\r\nA", 1)
		})), then: whole},
		{name: "lower case", rules: at(liars.Edit(func(a string) string {
			return strings.Replace(strings.Replace(a, "FETCH (UID", "fetch (uid", 1), "BODY", "body", 1)
		})), then: whole},
		{name: "another message before it", rules: at(liars.Before(body(12, evil))), then: whole},
		{name: "another message behind it", rules: at(liars.Edit(func(a string) string { return strings.Replace(a, ")\r\nA", ")\r\n"+body(12, evil)+"A", 1) })), then: whole},
		{name: "news before it", rules: at(liars.Before("* 2 EXPUNGE\r\n* 3 EXISTS\r\n* 1 FETCH (FLAGS (\\Deleted))\r\n* 1 FETCH (UID 11 FLAGS ())\r\n* VANISHED 11\r\n* OK [ALERT] " + liars.Words + "\r\n")), then: whole + "\nC: STAT\nS: +OK 4 …\nC: LIST 4\nS: +OK 4 …"},
		{name: "news behind it", rules: at(liars.Edit(func(a string) string {
			return strings.Replace(a, ")\r\nA", " FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n* NO "+liars.Words+"\r\nA", 1)
		})), then: whole + "\nC: UIDL 4\nS: +OK 4 0000001400000007"},
		{name: "unknown attributes around it", rules: at(liars.Swap("UID 11 ", "X-A (b {3}\r\n(}\") UID 11 X-C[d e]<7> NIL ")), then: whole},
		{name: "octet by octet", rules: at(liars.Drip()), then: whole},
		{name: "quoted", rules: at(liars.Say("* 1 FETCH (UID 11 BODY[] \"a \\\"b\\\"\")\r\n" + ok)), then: "C: RETR 1\nS: +OK…\nS: a \"b\"\nS: .\nC: NOOP\nS: +OK"},
		{name: "empty", rules: at(liars.Say(body(11, "") + ok)), then: "C: RETR 1\nS: -ERR [SYS/TEMP] …\nC: NOOP\nS: +OK", log: "no octet"},
		{name: "looks like a terminator", rules: at(liars.Say(body(11, "a\n.\nb\r\n.\r\n.\n..") + ok)), then: "C: RETR 1\nS: +OK…\nS: a\nS: ..\nS: b\nS: ..\nS: ..\nS: ...\nS: .\nC: NOOP\nS: +OK"},
	})
}

// TestBatchWithFewer: an OK behind fewer messages than were read ahead does not
// say that the others are gone. Each is asked for alone.
func TestBatchWithFewer(t *testing.T) {
	first := func(x *liars.Exchange) {
		answer := x.Carry()
		if at := strings.Index(answer, "* 4 FETCH"); at > 0 && strings.Contains(x.Command, ":") {
			answer = answer[:at] + x.Tag + " OK done\r\n"
		}
		x.Send(answer)
	}
	a := &actor{server: liars.New(t, liars.Options{}), reuse: "5m"}
	s := newStage(t, []*actor{a})
	a.server.Lie(liars.Always("BODY.PEEK[]", first))
	d := s.login(t, a)
	for n := range 4 {
		if got, whole := d.command(fmt.Sprintf("RETR %d", n+1), true); !whole || !strings.HasPrefix(got, "+OK") {
			t.Errorf("RETR %d: %q", n+1, got)
		}
	}
	d.Quit()
}

// TestCutAnywhere cuts the answer to FETCH behind each of its octets, once and
// every time, for RETR and TOP.
func TestCutAnywhere(t *testing.T) {
	a := &actor{server: liars.New(t, liars.Options{})}
	s := newStage(t, []*actor{a})
	answer := fmt.Sprintf("* 1 FETCH (UID 11 BODY[] {%d}\r\n%s)\r\nA7 OK done\r\n", len(first()), first())
	for _, command := range []string{"RETR 1", "TOP 1 100"} {
		for _, rule := range []func(string, liars.Lie) liars.Rule{liars.Always, liars.Once} {
			for cut := range len(answer) {
				a.server.Lie(rule("BODY.PEEK", liars.CutAt(cut)))
				d := s.login(t, a)
				got, terminated := d.command(command, true)
				d.Cut()
				a.server.Lie()
				judge(t, fmt.Sprintf("%s, cut after %d octets", command, cut), got, terminated, first())
				if t.Failed() {
					return
				}
			}
		}
	}
	s.healthy(t, a)
	untouched(t, a)
	polite(t, a)
}

// judge looks at the answer to RETR or TOP: whole, or refused, or the true
// beginning of the message and then the end of the connection.
func judge(t *testing.T, name, got string, terminated bool, text string) {
	t.Helper()
	_, heard, _ := strings.Cut(got, "\r\n")
	want := stuffed(text)
	switch {
	case strings.HasPrefix(got, "-ERR") && terminated:
	case strings.HasPrefix(got, "+OK") && terminated:
		if heard != want+".\r\n" {
			t.Errorf("%s: it looks whole, and is %q, want %q", name, heard, want+".\r\n")
		}
	case terminated:
		t.Errorf("%s: the device heard %q", name, got)
	case strings.Contains(got, "\r\n.\r\n"):
		t.Errorf("%s: a terminator within what was cut: %q", name, got)
	case !strings.HasPrefix(want, heard):
		t.Errorf("%s: what was cut is not how the message begins: %q, want %q", name, heard, want)
	}
}
