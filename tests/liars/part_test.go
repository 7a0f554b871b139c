package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestPartsByAnyName: TOP asks for the beginning of a message. A server that repeats what
// was asked for in place of where the part begins, or gives another part, gives a
// device the right lines all the same, and costs no login for each.
func TestPartsByAnyName(t *testing.T) {
	var faults []fault
	for _, origin := range []string{"<0>", "<0.8192>", "", "<5>", "<0.1>", "<17.8>"} {
		swap := liars.Edit(func(answer string) string { return strings.Replace(answer, "BODY[]<0>", "BODY[]"+origin, 1) })
		faults = append(faults, fault{
			name: "origin " + origin, actor: actor{reuse: "5m"}, rules: []liars.Rule{liars.Always("BODY.PEEK[]<", swap)},
			then: "C: TOP 1 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1\nS:\nS: body of UID 11\nS: .\n" +
				"C: TOP 2 0\nS: +OK…\nS: Message-ID: <12@x.test>\nS: Subject: message 2\nS:\nS: .\nC: NOOP\nS: +OK",
		})
	}
	play(t, faults)
	for _, f := range faults {
		if n := f.server.Logins(); n > 3 {
			t.Errorf("%s: %d logins", f.name, n)
		}
	}
}
