package imap

import (
	"strings"
	"unicode/utf8"
)

// Criteria is what a SEARCH looks for (RFC 3501 §6.4.4), word by word. The zero Criteria finds every message.
type Criteria struct {
	words   []criterion
	foreign bool // a text goes beyond ASCII
}

type criterion struct {
	word string
	text bool
}

// Word adds an atom, or one parenthesis; what is neither is refused when the search is sent. Words are written by this program, or tested to be
// an atom before.
func (c *Criteria) Word(word string) { c.words = append(c.words, criterion{word: word}) }

// Text adds a string from outside: UTF-8 without CR, LF and NUL; another is refused when the search is sent.
func (c *Criteria) Text(text string) {
	c.words = append(c.words, criterion{word: text, text: true})
	c.foreign = c.foreign || strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// write adds the criteria to a command. CHARSET is named only where a text needs it: Exchange refuses UTF-8 whatever the texts are.
func (c *Criteria) write(l *line) {
	if c.foreign {
		l.raw(" CHARSET UTF-8")
	}
	if len(c.words) == 0 {
		l.raw(" ALL")
	}
	sep := " "
	for _, w := range c.words {
		switch {
		case w.text && !utf8.ValidString(w.word):
			l.refuse("%w: a text of the search is not UTF-8", ErrUnsafeString)
		case w.text:
			l.str("search text", w.word)
		case w.word == ")":
			l.raw(")")
		case w.word == "(":
			l.raw(sep).raw("(")
		default:
			l.atom("word of a search", sep, w.word)
		}
		if sep = " "; !w.text && w.word == "(" {
			sep = ""
		}
	}
}
