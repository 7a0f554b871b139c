package translate

import "github.com/emersion/go-imap/v2"

// Search is what the messages of a maildrop have to be like to be listed: IMAP's
// search keys (RFC 3501 §6.4.4), all of which have to hold. The zero Search finds
// every message. It is made by UnmarshalText alone, so that a Search which exists is
// one that a server can be asked for.
type Search struct{ terms []searchTerm }

// searchTerm is one key with its arguments. Which fields mean something is up to what
// its key takes.
type searchTerm struct {
	key    *searchKey
	field  string // of HEADER; atom characters
	text   string // of keys that look for a text, and the name of a keyword
	octets Size
	date   searchDate
	inner  []searchTerm // of NOT one, of OR two, of parentheses any number from one
}

// The bounds of a Search, so that a command with it stays below the 8,192 octets that
// servers accept (RFC 7162 §4) and no server is asked for what it would take for an
// attack.
const (
	maxSearch      = 4000 // octets of text
	maxSearchTerms = 100
	maxSearchDepth = 20 // parentheses, NOT and OR within one another
)

// capGmail is Gmail's own set of extensions, X-GM-RAW among them
// (https://developers.google.com/workspace/gmail/imap/imap-extensions).
const capGmail imap.Cap = "X-GM-EXT-1"

// All reports whether every message is found, so that a server need not be asked.
func (s Search) All() bool { return len(s.terms) == 0 }

// Needs names the capability without which a server does not know one of the keys, and
// that key; both are empty where any server can be asked.
func (s Search) Needs() (key string, capability imap.Cap) {
	s.each(func(t searchTerm, _ bool) {
		if t.key.needs != "" {
			key, capability = t.key.word, t.key.needs
		}
	})
	return key, capability
}

// Foreign reports whether a text goes beyond ASCII, which a server may not be able to
// look for: it need know no other charset (RFC 3501 §6.4.4).
func (s Search) Foreign() (foreign bool) {
	s.each(func(t searchTerm, _ bool) { foreign = foreign || !isASCII(t.text) })
	return foreign
}

// Unread reports whether it is a condition that nobody has read a message yet, so that
// one is found no more as soon as it is \Seen.
func (s Search) Unread() (unread bool) {
	s.each(func(t searchTerm, negated bool) {
		unread = unread || t.key.word == "UNSEEN" && !negated || t.key.word == "SEEN" && negated
	})
	return unread
}

// each visits every term, with whether an odd number of NOTs stands before it.
func (s Search) each(visit func(t searchTerm, negated bool)) {
	var walk func(terms []searchTerm, negated bool)
	walk = func(terms []searchTerm, negated bool) {
		for _, t := range terms {
			visit(t, negated)
			walk(t.inner, negated != (t.key == notKey))
		}
	}
	walk(s.terms, false)
}

// Apart gives each of the keys that have to hold as a Search of its own, so that a server
// which refuses them all can be asked which it means.
func (s Search) Apart() []Search {
	apart := make([]Search, len(s.terms))
	for i, t := range s.terms {
		apart[i] = Search{terms: []searchTerm{t}}
	}
	return apart
}
