package translate

import (
	"strconv"
	"strings"
	"time"
)

// SearchWriter takes the words of a command one by one.
type SearchWriter interface {
	// Word takes an atom (RFC 3501 §9), or one parenthesis.
	Word(word string)
	// Text takes a text to be found: UTF-8 without CR, LF and NUL, and it may be empty.
	Text(text string)
}

// Write gives a server's words for the search: days ago are dates, as seen at now, and
// sizes are octets. There are none where every message is found.
func (s Search) Write(to SearchWriter, now time.Time) {
	writeTerms(s.terms, to.Word, func(t searchTerm) {
		switch t.key.takes {
		case takesField:
			to.Word(t.field)
			to.Text(t.text)
		case takesText:
			to.Text(t.text)
		case takesKeyword:
			to.Word(t.text)
		case takesSize:
			to.Word(strconv.FormatInt(int64(t.octets), 10))
		case takesDate:
			to.Word(t.date.on(now))
		}
	})
}

// String gives the search as an operator would write it: keys in capital letters, days
// as days, sizes with their units. What it gives is read as the same Search.
func (s Search) String() string {
	var b strings.Builder
	add := func(word string) {
		if b.Len() > 0 && word != ")" && !strings.HasSuffix(b.String(), "(") {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	writeTerms(s.terms, add, func(t searchTerm) {
		switch t.key.takes {
		case takesField:
			add(t.field)
			add(bareOrQuoted(t.text))
		case takesText, takesKeyword:
			add(bareOrQuoted(t.text))
		case takesSize:
			add(t.octets.String())
		case takesDate:
			add(t.date.String())
		}
	})
	return b.String()
}

// MarshalText is String.
func (s Search) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// writeTerms gives the words of terms in their order, and each term where its arguments
// are due.
func writeTerms(terms []searchTerm, word func(string), arguments func(searchTerm)) {
	for _, t := range terms {
		word(t.key.word)
		arguments(t)
		writeTerms(t.inner, word, arguments)
		if t.key == groupKey {
			word(")")
		}
	}
}
