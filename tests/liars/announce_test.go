package liars_test

import (
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestAnnouncedMessagesCostNothing: a SELECT that announces more messages than
// any device can hold is refused. It may not make popbridge reserve memory for
// them, which ends the process and with it every other user's session.
func TestAnnouncedMessagesCostNothing(t *testing.T) {
	for _, exists := range []string{"100000000", "4294967295"} {
		t.Run(exists, func(t *testing.T) {
			liar := &actor{server: liars.New(t, liars.Options{})}
			honest := &actor{server: liars.New(t, liars.Options{})}
			s := newStage(t, []*actor{liar, honest})
			liar.server.Lie(liars.Always("SELECT", liars.Swap("* 5 EXISTS", "* "+exists+" EXISTS")))
			d := s.dial(t)
			if answer := d.pass(liar.user()); !strings.HasPrefix(answer, "-ERR [SYS/") {
				t.Errorf("PASS is answered %q", answer)
			}
			s.healthy(t, honest)
			untouched(t, liar)
		})
	}
}
