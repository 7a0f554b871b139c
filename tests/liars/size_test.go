package liars_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestSizesLie: RFC822.SIZE is an estimate on some servers. The message comes
// whole all the same, TOP too, and from the next session on LIST says the octets
// that RETR sent.
func TestSizesLie(t *testing.T) {
	t.Parallel()
	long := "Subject: long\r\n\r\n" + strings.Repeat(".0123456789\r\n", 60)
	var actors []*actor
	var deltas []int
	for delta := -500; delta <= 500; delta += 50 {
		deltas = append(deltas, delta, delta+1, delta-1)
	}
	for range deltas {
		a := &actor{server: liars.New(t, liars.Options{})}
		a.server.Mail(func(m *liars.Mail) { m.Inbox().Messages[0].Text = long })
		actors = append(actors, a)
	}
	s := newStage(t, actors)
	size := regexp.MustCompile(`RFC822\.SIZE (\d+)`)
	for i, a := range actors {
		lie := liars.Edit(func(answer string) string {
			return size.ReplaceAllStringFunc(answer, func(m string) string {
				n, err := strconv.Atoi(strings.TrimPrefix(m, "RFC822.SIZE "))
				if err != nil || n != len(long) {
					return m
				}
				return fmt.Sprintf("RFC822.SIZE %d", n+deltas[i])
			})
		})
		a.server.Lie(liars.Always("RFC822.SIZE", lie))
		d := s.login(t, a)
		if got, want := d.OK("LIST 1"), fmt.Sprintf("1 %d", len(long)+deltas[i]); got != want {
			t.Errorf("%+d: LIST 1 says %q, want %q: sizes do not change within a session", deltas[i], got, want)
		}
		for _, command := range []string{"TOP 1 1000", "RETR 1"} {
			if got := string(d.Message(command)); got != long {
				t.Errorf("%+d: %s gives %d octets, want %d", deltas[i], command, len(got), len(long))
			}
		}
		d.Quit()
		d = s.login(t, a)
		if got, want := d.OK("LIST 1"), fmt.Sprintf("1 %d", len(long)); got != want {
			t.Errorf("%+d: after RETR LIST 1 says %q, want %q", deltas[i], got, want)
		}
		d.Quit()
	}
}
