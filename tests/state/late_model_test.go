package state_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"popbridge/tests/servers"
)

// fate is what the model knows of a message in the eyes of a device.
type fate int

const (
	there    fate = iota // nobody has marked it: every session must show it
	doubtful             // somebody has said QUIT, and there is no answer (yet)
	gone                 // its deletion is confirmed, or it was seen to be away: nobody sees it again
)

// mailbag is an account that several devices use at once, through answers that
// are late. Unlike member, whose steps come one after the other, it says what a
// session must see whatever the others do meanwhile.
type mailbag struct {
	user, action string
	w            *servers.Witness // the test's own goroutine alone may use it
	ended        atomic.Int64     // sessions

	mu       sync.Mutex
	original map[string]string // by Message-ID, once the upstream has confirmed it
	names    map[string]string // Message-ID by unique-id
	ids      map[string]string // and the other way: for life
	fates    map[string]map[string]fate
	sent     int
	more     string    // what letters have at their end
	unended  *settling // nil: what was said before a kill may arrive long after it
	alone    bool      // one device polls it: its Trash holds nothing twice
}

func newMailbag(user, action string, w *servers.Witness) *mailbag {
	return &mailbag{
		user: user, action: action, w: w, original: make(map[string]string), names: make(map[string]string),
		ids: make(map[string]string), fates: make(map[string]map[string]fate),
	}
}

// appear puts one more message into INBOX over IMAP.
func (m *mailbag) appear() {
	m.arrive(func(text []byte) { m.w.Append(text) })
}

// arrive has one more message put into INBOX. One arrives after the other.
func (m *mailbag) arrive(put func(text []byte)) {
	text := letter(m.user, m.sent) + m.more
	m.sent++
	put([]byte(text))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.original[identify(text)] = text
}

// of gives the fates of the messages for a device, by Message-ID. The lock is held.
func (m *mailbag) of(device string) map[string]fate {
	if m.action != "hide" {
		device = ""
	}
	if m.fates[device] == nil {
		m.fates[device] = make(map[string]fate)
	}
	return m.fates[device]
}

// shown are the messages that are in the mailbox already, with what is known of
// them before a session begins.
func (m *mailbag) shown(device string) map[string]fate {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := make(map[string]fate, len(m.original))
	for name := range m.original {
		before[name] = m.of(device)[name]
	}
	return before
}

// name is the message of a unique-id; ok is false where no device has seen it yet.
func (m *mailbag) name(id string) (name string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name, ok = m.names[id]
	return name, ok
}

// learn takes the unique-id of a message, which must never have had another.
func (m *mailbag) learn(name, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, had := m.ids[name]; had && old != id {
		return fmt.Errorf("%s had the unique-id %s and has %s", name, old, id)
	}
	if old, had := m.names[id]; had && old != name {
		return fmt.Errorf("the unique-id %s was %s and is %s", id, old, name)
	}
	m.ids[name], m.names[id] = id, name
	return nil
}

// compare holds what a session sees against what was known before it began and is
// known now. What is away stays away.
func (m *mailbag) compare(device string, before map[string]fate, seen []string) (faults []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.of(device)
	for name, was := range before {
		switch visible := slices.Contains(seen, name); {
		case visible && was == gone:
			faults = append(faults, name+" is seen again, as "+m.ids[name])
		case !visible && now[name] == there:
			faults = append(faults, name+" is not seen, and nobody has deleted it")
		case !visible:
			now[name] = gone
		}
	}
	if m.unended != nil {
		faults = append(faults, m.unended.settle(device, seen, now)...)
	}
	return faults
}

// quitting notes what a device is about to delete, before it says QUIT.
func (m *mailbag) quitting(device string, marked []string) {
	m.set(device, marked, doubtful)
	if m.unended != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.unended.quitting(device, marked)
	}
}

// confirmed notes the +OK.
func (m *mailbag) confirmed(device string, marked []string) {
	m.set(device, marked, gone)
	if m.unended != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.unended.confirmed(device)
	}
}

func (m *mailbag) set(device string, marked []string, f fate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range marked {
		m.of(device)[name] = max(m.of(device)[name], f)
	}
}

// untouched reports whether nobody has marked a message yet.
func (m *mailbag) untouched(device, name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(device)[name] == there
}

// text is a message as it was sent.
func (m *mailbag) text(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.original[name]
}

// conserved compares the model with IMAP when no session is open any more: each
// message is where it belongs. What was in doubt to the end may be either. Trash may
// hold a message more than once: where several devices delete it at the same moment,
// Dovecot copies it for each of them before it removes it.
func (m *mailbag) conserved(t *testing.T) {
	t.Helper()
	target := map[string]string{"trash": "Trash", "archive": "Archive"}[m.action]
	inbox, moved := m.count(t, "INBOX"), make(map[string]int)
	if target != "" {
		moved = m.count(t, target)
	}
	for name := range m.original {
		f := m.of("")[name]
		leaves := m.action != "hide" && m.action != "flag"
		stays, left := inbox[name] == 1 && moved[name] == 0, inbox[name] == 0 && (target == "" || moved[name] == 1 || moved[name] > 1 && !m.alone)
		switch {
		case !leaves || f == there:
			left = false
		case f == gone:
			stays = false
		}
		if !stays && !left {
			t.Errorf("%s: %s lies %d times in INBOX and %d times in %q; deleted: %t, in doubt: %t", m.user, name, inbox[name], moved[name], target, f == gone, f == doubtful)
		}
	}
}

// count says how often a mailbox holds each message.
func (m *mailbag) count(t *testing.T, mailbox string) map[string]int {
	t.Helper()
	found := make(map[string]int)
	for _, text := range contents(t, m.w, mailbox) {
		found[identify(string(text))]++
	}
	return found
}
