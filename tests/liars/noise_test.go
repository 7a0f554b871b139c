package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestNoise: blanks, empty lines and LF alone between what an upstream says are
// read over, and what a device gets is the same.
func TestNoise(t *testing.T) {
	const whole = "C: STAT\nS: +OK 4 …\nC: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1\nS:\nS: body of UID 11\nS: ..\nS: the end\nS: .\nC: RETR 2\nS: +OK…\nS: Message-ID: <12@x.test>…"
	every := func(change func(answer string) string) []liars.Rule {
		return []liars.Rule{liars.Always("", liars.Edit(change))}
	}
	body := func(behind string) []liars.Rule {
		return []liars.Rule{liars.Always("BODY.PEEK[]", liars.Edit(func(a string) string {
			return strings.ReplaceAll(a, "the end\r\n)", "the end\r\n"+behind+")")
		}))}
	}
	short := func(by int) []liars.Rule {
		size := len(first())
		return []liars.Rule{liars.Always("BODY.PEEK[]", liars.Swap(fmt.Sprintf("{%d}", size), fmt.Sprintf("{%d}", size-by)))}
	}
	faults := []fault{
		{name: "blanks at SELECT, as DavMail", rules: []liars.Rule{liars.Always("SELECT", liars.Edit(func(a string) string { return strings.Replace(a, "* ", "*    ", 1) }))}, then: whole},
		{name: "an empty line before each answer", rules: every(func(a string) string { return "\r\n" + a }), then: whole},
		{name: "an empty line behind each answer", rules: every(func(a string) string { return a + "\r\n" }), then: whole},
		{name: "blanks before each answer", rules: every(func(a string) string { return "  \t" + a }), then: whole},
		{name: "more blanks than one in the listing", rules: []liars.Rule{liars.Always("RFC822.SIZE", liars.Edit(func(a string) string { return strings.ReplaceAll(a, " ", "  ") }))}, then: whole},
		{name: "LF alone in the listing", rules: []liars.Rule{liars.Always("RFC822.SIZE", liars.Edit(func(a string) string { return strings.ReplaceAll(a, "\r\n", "\n") }))}, then: whole},
		{name: "LF alone at login", rules: []liars.Rule{liars.Always(liars.Greeting, liars.Edit(func(a string) string { return strings.ReplaceAll(a, "\r\n", "\n") }))}, then: whole},
		{name: "an empty line behind a body", rules: body("\r\n"), then: whole},
		{name: "blanks behind a body", rules: body("  "), then: whole},
		{name: "blanks behind the announcement of a body", rules: []liars.Rule{liars.Always("BODY.PEEK[]", liars.Edit(func(a string) string { return strings.Replace(a, "}\r\n", "} \t\r\n", 1) }))}, then: whole},
		{name: "an empty line and a UID behind a body", rules: body("\r\n UID 11"), then: "C: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>…"},
		{name: "no end to the noise behind a body", rules: body(strings.Repeat("\r\n", 40)), then: "refused"},
		{name: "a line more than was counted", rules: body("\r\n" + liars.Words + "\r\n"), then: "refused"},
		{name: "a line more that looks like an attribute", rules: body("\r\nX-More " + liars.Words[:3]), then: "refused"},
		{name: "counted short between CR and LF", rules: short(1), then: "refused"},
		{name: "counted short by some", rules: short(5), then: "refused"},
	}
	for i := range faults {
		faults[i].drop, faults[i].single = "expunge", true
	}
	play(t, faults)
}
