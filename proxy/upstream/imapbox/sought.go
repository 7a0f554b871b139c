package imapbox

import (
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// sought is what a search has found in a mailbox, which holds as long as STATUS says what
// SELECT had said then: all that a search looks at is told by HIGHESTMODSEQ (RFC 7162 §3.1).
type sought struct {
	words string // the search, its days as dates
	at    translate.Selected
	found goimap.UIDSet
}

// maxSought is how many ranges of UIDs are kept of what a search has found: more are
// searched for again.
const maxSought = 1000

// keepFound keeps what a search has found in the mailbox since it was as it says.
func (m *Mailbox) keepFound(at translate.Selected, found goimap.UIDSet) {
	words, ok := m.soughtWords()
	if !ok || at.HighestModSeq == 0 || len(found) > maxSought || !m.req.Maildrop.Mailbox.Several() {
		return
	}
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if len(m.pool.sought) >= maxNames {
		clear(m.pool.sought)
	}
	m.pool.sought[m.soughtKey()] = sought{words, at, slices.Clone(found)}
}

// keptFound gives what was found when the mailbox was as it is; nil where it is not known.
func (m *Mailbox) keptFound(now translate.Selected) *goimap.UIDSet {
	words, ok := m.soughtWords()
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if s, known := m.pool.sought[m.soughtKey()]; ok && known && s.words == words && s.at == now {
		found := slices.Clone(s.found)
		return &found
	}
	return nil
}

// soughtKey is a mailbox as a maildrop sees it.
func (m *Mailbox) soughtKey() soughtKey { return soughtKey{m.keptKey(), m.req.Maildrop.Name} }

type soughtKey struct {
	keptKey
	maildrop string
}

// soughtWords is the search as it is sent today. ok is false where there is none, and for
// Gmail's own, which may ask for more than what HIGHESTMODSEQ counts, such as the day.
func (m *Mailbox) soughtWords() (words string, ok bool) {
	s := m.req.Maildrop.Search
	if _, needs := s.Needs(); s.All() || needs != "" {
		return "", false
	}
	var w searchText
	s.Write(&w, time.Now())
	return w.String(), true
}

// searchText is a search as one text that no other search has.
type searchText struct{ strings.Builder }

// Word adds an atom.
func (t *searchText) Word(word string) { t.WriteString(word + " ") }

// Text adds a text; NUL is in none.
func (t *searchText) Text(text string) { t.WriteString("\x00" + text + "\x00") }
