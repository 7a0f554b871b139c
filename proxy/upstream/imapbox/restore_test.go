package imapbox

import (
	"testing"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

func TestSearch(t *testing.T) {
	const id = "<1@example.org>"
	moved := translate.Deletion{Action: translate.DeleteTrash, MessageID: id, Octets: 100, ToValidity: 7, ToUID: 3}
	stays := translate.Deletion{Action: translate.DeleteHide, MessageID: id, Octets: 100, UIDValidity: 7, UID: 3}
	rebuilt := moved
	rebuilt.ToValidity = 6
	nameless := rebuilt
	nameless.MessageID = ""
	for _, c := range []struct {
		name  string
		seen  []sighting
		lines []translate.Deletion
		want  []goimap.UID
	}{
		{"where the server said", []sighting{{2, 100, id}, {3, 100, id}, {4, 100, id}}, []translate.Deletion{moved}, []goimap.UID{3}},
		{"where it has stayed", []sighting{{3, 100, id}, {4, 100, id}}, []translate.Deletion{stays}, []goimap.UID{3}},
		{"another message has the UID", []sighting{{3, 100, "<2@example.org>"}, {5, 100, id}}, []translate.Deletion{moved}, []goimap.UID{5}},
		{"the mailbox was rebuilt", []sighting{{3, 100, "<2@example.org>"}, {4, 100, id}}, []translate.Deletion{rebuilt}, []goimap.UID{4}},
		{"the newest", []sighting{{4, 100, id}, {6, 100, id}, {5, 100, id}}, []translate.Deletion{rebuilt}, []goimap.UID{6}},
		{"rather with as many octets", []sighting{{3, 99, id}, {4, 100, id}, {6, 99, id}}, []translate.Deletion{rebuilt}, []goimap.UID{4}},
		{"with other octets where there is no better", []sighting{{6, 99, id}}, []translate.Deletion{rebuilt}, []goimap.UID{6}},
		{"twins, each its own", []sighting{{4, 100, id}, {6, 100, id}}, []translate.Deletion{rebuilt, rebuilt, rebuilt}, []goimap.UID{6, 4, 0}},
		{"a twin is not what another line has", []sighting{{3, 100, id}}, []translate.Deletion{moved, rebuilt}, []goimap.UID{3, 0}},
		{"one message for all devices", []sighting{{3, 100, id}}, []translate.Deletion{stays, stays}, []goimap.UID{3, 3}},
		{"under a new UID for all devices too", []sighting{{5, 100, id}}, []translate.Deletion{stays, stays}, []goimap.UID{5, 5}},
		{"nothing to look for", []sighting{{3, 100, ""}}, []translate.Deletion{nameless}, []goimap.UID{0}},
		{"not there", nil, []translate.Deletion{moved}, []goimap.UID{0}},
	} {
		s := search{validity: 7, seen: c.seen, taken: make(map[goimap.UID]bool)}
		for i, d := range c.lines {
			got := s.byUID(d)
			if got == 0 {
				got = s.byMessageID(d)
			}
			if got != c.want[i] {
				t.Errorf("%s: line %d got UID %d, want %d", c.name, i, got, c.want[i])
			}
		}
	}
}
