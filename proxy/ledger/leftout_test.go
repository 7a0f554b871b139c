package ledger_test

import (
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// whatIsLeftOutIsWrittenWhereItChanges: a poll that leaves out what the one before left out
// writes nothing, and every device has counts of its own.
func whatIsLeftOutIsWrittenWhereItChanges(t *testing.T, at place) {
	s := at.open(t)
	logsIn := func(device string, o translate.LeftOut) (wrote int64) {
		t.Helper()
		before := ledger.Writes(s)
		p := opens(t, s, key(device))
		knows(t, p, 7)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}, LeftOut: &o})
		settles(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
		closes(t, p)
		return ledger.Writes(s) - before
	}
	told := func(what string, scanner, printer translate.LeftOut) {
		t.Helper()
		d, err := s.Account(t.Context(), "alice@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, device := range d.Pages[0].Devices {
			want := scanner
			if device.Name == "printer" {
				want = printer
			}
			if device.LeftOut != want {
				t.Errorf("%s: %s is not shown %v, want %v", what, device.Name, device.LeftOut, want)
			}
		}
	}
	all := translate.LeftOut{Unreadable: 1, Flagged: 2, StruckOut: 3, Hidden: 4, Old: 5, TooLarge: 6, NotFound: 7, Repeated: 8}
	for _, step := range []struct {
		what   string
		device string
		o      translate.LeftOut
		writes int64
	}{
		{"a first login", "scanner", all, 1},
		{"the same again", "scanner", all, 0},
		{"another device", "printer", translate.LeftOut{}, 1},
		{"which is still shown all", "printer", translate.LeftOut{}, 0},
		{"one more is hidden", "scanner", translate.LeftOut{Hidden: 5}, 1},
		{"and that again", "scanner", translate.LeftOut{Hidden: 5}, 0},
	} {
		if wrote := logsIn(step.device, step.o); wrote != step.writes {
			t.Errorf("%s: %d transactions wrote, want %d", step.what, wrote, step.writes)
		}
		if step.device == "scanner" {
			told(step.what, step.o, translate.LeftOut{})
		}
	}
	ledger.Damage(t, s, "UPDATE page_devices SET left_out = '{' WHERE device = 'scanner'")
	told("after damage", translate.LeftOut{}, translate.LeftOut{})
	logsIn("scanner", translate.LeftOut{Hidden: 5})
	told("counted anew", translate.LeftOut{Hidden: 5}, translate.LeftOut{})
	if wrote := logsIn("scanner", translate.LeftOut{}); wrote != 1 {
		t.Errorf("that nothing is left out any more was written by %d transactions", wrote)
	}
	told("none", translate.LeftOut{}, translate.LeftOut{})
}
