package state_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// member is one account of the model, with what has become of its messages.
type member struct {
	user, action string
	w            *servers.Witness
	sent         int
	original     map[string]string          // by Message-ID
	ids, names   map[string]string          // unique-id by Message-ID and the other way
	away         map[string]map[string]bool // by device for hide, else by "": Message-IDs that are gone
	doubt        []doubt
}

// doubt is what a QUIT without an answer had marked: all of it is gone, or none.
type doubt struct {
	device string
	marked []string
}

// seat is what a lock protects: one device of one member.
type seat struct {
	member *member
	device string
}

// sitting is an open session.
type sitting struct {
	seat
	c      *bridge.Client
	proxy  int
	seen   []string // Message-IDs in order
	marked map[int]bool
}

func newMember(user, action string, w *servers.Witness) *member {
	return &member{
		user: user, action: action, w: w, original: make(map[string]string), ids: make(map[string]string),
		names: make(map[string]string), away: make(map[string]map[string]bool),
	}
}

// gone are the messages that a device cannot see any more.
func (m *member) gone(device string) map[string]bool {
	if m.action != "hide" {
		device = ""
	}
	if m.away[device] == nil {
		m.away[device] = make(map[string]bool)
	}
	return m.away[device]
}

// arrive puts n new messages into INBOX.
func (m *member) arrive(n int) {
	for range n {
		text := letter(m.user, m.sent)
		m.sent++
		m.original[identify(text)] = text
		m.w.Append([]byte(text))
	}
}

// sit compares what a device sees at login with the model, and settles doubts:
// what the device's own last QUIT has left open is settled now.
func (m *member) sit(t *testing.T, c *bridge.Client, device, what string) (seen []string) {
	t.Helper()
	for i, id := range c.UniqueIDs() {
		name, known := m.names[id]
		if !known {
			name = identify(string(c.Message(fmt.Sprintf("TOP %d 0", i+1))))
			if old, had := m.ids[name]; had {
				t.Errorf("%s: %s had the unique-id %s and has %s", what, name, old, id)
			}
			m.names[id], m.ids[name] = name, id
		}
		seen = append(seen, name)
	}
	gone := m.gone(device)
	m.doubt = slices.DeleteFunc(m.doubt, func(d doubt) bool {
		if m.action == "hide" && d.device != device {
			return false
		}
		missing := 0
		for _, name := range d.marked {
			if !slices.Contains(seen, name) {
				missing++
			}
		}
		switch {
		case missing == len(d.marked):
			for _, name := range d.marked {
				gone[name] = true
			}
			return true
		case slices.ContainsFunc(d.marked, func(name string) bool { return gone[name] }):
			// Another session has deleted some of it since; the rest may go yet.
		case missing != 0:
			t.Errorf("%s: of %q only %d are gone", what, d.marked, missing)
		}
		return d.device == device
	})
	for name := range m.original {
		if there := slices.Contains(seen, name); there == gone[name] {
			t.Errorf("%s: %s is seen: %t, deleted: %t", what, name, there, gone[name])
		}
	}
	return seen
}

// retrieve reads one message, which may be gone meanwhile.
func (s *sitting) retrieve(t *testing.T, n int, what string) {
	t.Helper()
	name := s.seen[n]
	s.c.Send(fmt.Sprintf("RETR %d\r\n", n+1))
	answer := s.c.Line()
	if strings.HasPrefix(answer, "+OK") {
		if got := string(s.c.Body()); got != s.member.original[name] {
			t.Errorf("%s: %s is %q", what, name, got)
		}
		return
	}
	doubtful := slices.ContainsFunc(s.member.doubt, func(d doubt) bool { return slices.Contains(d.marked, name) })
	if !s.marked[n] && !s.member.gone(s.device)[name] && !doubtful {
		t.Errorf("%s: RETR of %s: %s", what, name, answer)
	}
}

// mark says DELE.
func (s *sitting) mark(n int) {
	if !s.marked[n] {
		s.c.OK(fmt.Sprintf("DELE %d", n+1))
		s.marked[n] = true
	}
}

func (s *sitting) names() (marked []string) {
	for _, n := range slices.Sorted(maps.Keys(s.marked)) {
		marked = append(marked, s.seen[n])
	}
	return marked
}

// quit ends the session in good order.
func (s *sitting) quit(t *testing.T, what string) {
	t.Helper()
	s.c.Send("QUIT\r\n")
	if answer := s.c.Line(); !strings.HasPrefix(answer, "+OK") {
		t.Errorf("%s: QUIT: %s", what, answer)
	}
	s.c.Cut()
	for _, name := range s.names() {
		s.member.gone(s.device)[name] = true
	}
}

// conserved compares the model with IMAP.
func (m *member) conserved(t *testing.T) {
	t.Helper()
	var inbox, trash [][]byte
	for name, text := range m.original {
		if m.action != "hide" && m.gone("")[name] {
			trash = append(trash, []byte(text))
		} else {
			inbox = append(inbox, []byte(text))
		}
	}
	same(t, m.user+": INBOX", contents(t, m.w, "INBOX"), inbox)
	if m.action == "trash" {
		same(t, m.user+": Trash", contents(t, m.w, "Trash"), trash)
	}
}
