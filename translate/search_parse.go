package translate

import (
	"errors"
	"fmt"
	"strings"
)

// UnmarshalText reads search keys as RFC 3501 §6.4.4 has them, in any case. Besides, a
// date may be a number of days ago, such as 30d, a size may take KB, MB and GB, and a
// text may be any in UTF-8. The empty text finds every message. An error names the word
// that is wrong, where it begins, and what would be right.
func (s *Search) UnmarshalText(text []byte) error {
	if err := boundedSearch(string(text)); err != nil {
		return err
	}
	words, err := searchWords(string(text))
	if err != nil {
		return err
	}
	p := searchParser{words: words}
	terms, err := p.list(0)
	if err == nil && len(p.words) > 0 {
		err = p.words[0].errorf("closes what was not opened; leave it out")
	}
	if err != nil {
		return err
	}
	read := Search{terms}
	if err := boundedSearch(read.String()); err != nil { // which may have more quotes
		return err
	}
	*s = read
	return nil
}

func boundedSearch(text string) error {
	if len(text) > maxSearch {
		return fmt.Errorf("it has %d octets; a search has at most %d", len(text), maxSearch)
	}
	return nil
}

type searchParser struct {
	words []searchWord // those that are not read yet
	terms int
	loose *searchTerm // the last one, where it has a text without quotes
}

// next takes a word; false at the end, and before the end of a pair of parentheses.
func (p *searchParser) next() (w searchWord, ok bool) {
	if len(p.words) == 0 || p.words[0].is(")") {
		return searchWord{}, false
	}
	w, p.words = p.words[0], p.words[1:]
	return w, true
}

// list reads terms up to the end, or up to what closes parentheses.
func (p *searchParser) list(depth int) (terms []searchTerm, err error) {
	for {
		w, ok := p.next()
		if !ok {
			return terms, nil
		}
		t, err := p.term(w, depth)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
}

// term reads the key that a word is, with what stands behind it.
func (p *searchParser) term(w searchWord, depth int) (t searchTerm, err error) {
	if p.terms++; p.terms > maxSearchTerms {
		return t, fmt.Errorf("it has more than %d keys", maxSearchTerms)
	}
	if depth > maxSearchDepth {
		return t, w.errorf("is nested too deep; at most %d parentheses, NOT and OR may stand in one another", maxSearchDepth)
	}
	if t.key, err = p.key(w); err != nil {
		return t, err
	}
	p.loose = nil
	switch {
	case t.key == groupKey:
		if t.inner, err = p.list(depth + 1); err == nil && len(p.words) == 0 {
			return t, w.errorf("is not closed; write %s", t.key.how())
		} else if err == nil && len(t.inner) == 0 {
			return t, w.errorf("holds no key; write %s", t.key.how())
		} else if err == nil {
			p.words, p.loose = p.words[1:], nil
		}
	case t.key.takes == takesTerms:
		for err == nil && len(t.inner) < t.key.terms {
			var inner searchTerm
			behind, ok := p.next()
			if !ok {
				return t, w.lacks(t.key)
			}
			inner, err = p.term(behind, depth+1)
			t.inner = append(t.inner, inner)
		}
	case t.key.takes == takesField:
		if t.field, err = p.field(w, t.key); err == nil {
			err = p.argument(w, &t)
		}
	case t.key.takes != takesNothing:
		err = p.argument(w, &t)
	}
	return t, err
}

// lacks says that something is missing behind a key.
func (w searchWord) lacks(k *searchKey) error {
	return w.errorf("needs %s behind it; write for example %s", k.wants(), k.how())
}

// key says which key a word is.
func (p *searchParser) key(w searchWord) (*searchKey, error) {
	if w.is("(") {
		return groupKey, nil
	}
	word := strings.ToUpper(w.text)
	if w.quoted {
		return nil, w.errorf("is a text where a search key is due; write for example TEXT %s", bareOrQuoted(w.text))
	}
	if k := searchKeyNamed(word); k != nil {
		return k, nil
	}
	if why, ok := refusedKeys[word]; ok {
		return nil, w.errorf("%s", why)
	}
	if strings.Trim(word, "0123456789:,*") == "" {
		return nil, w.errorf("is a number where a search key is due; messages are not named by their numbers")
	}
	text := "is no search key"
	switch meant, ok := Nearest(word, searchKeyWords()); {
	case ok:
		text += "; did you mean " + meant + "?"
	case p.loose == nil:
		text += "; one of " + strings.Join(searchKeyWords(), ", ")
	}
	if p.loose != nil {
		text += fmt.Sprintf(`; a text of several words stands in quotes, as in %s "%s …"`, p.loose.key.word, p.loose.text)
	}
	return nil, w.errorf("%s", text)
}

// field takes the name of a header field.
func (p *searchParser) field(key searchWord, k *searchKey) (string, error) {
	w, ok := p.next()
	if !ok {
		return "", key.lacks(k)
	}
	if name, colon := strings.CutSuffix(w.text, ":"); colon && isAtom(name) {
		return "", w.errorf("is no name of a header field; write it without its colon, %s", name)
	}
	if !isAtom(w.text) || strings.Contains(w.text, ":") {
		return "", w.errorf("is no name of a header field; write for example %s", k.how())
	}
	return w.text, nil
}

// argument takes what stands behind the key of a term.
func (p *searchParser) argument(key searchWord, t *searchTerm) (err error) {
	w, ok := p.next()
	if !ok {
		return key.lacks(t.key)
	}
	if w.is("(") {
		return w.errorf("stands where %s needs %s; write for example %s", t.key.word, t.key.wants(), t.key.how())
	}
	if !w.quoted && searchKeyNamed(w.text) != nil {
		return w.errorf("is a search key, and %s needs %s before it; put it in quotes if it is meant as such", t.key.word, t.key.wants())
	}
	switch t.key.takes {
	case takesDate:
		t.date, err = readSearchDate(w)
	case takesSize:
		t.octets, err = readSearchSize(w, p.words)
	case takesKeyword:
		t.text = w.text
		err = checkKeyword(w, t.key)
	default:
		t.text = w.text
		if err = checkText(w, t.key); err == nil && !w.quoted {
			p.loose = t
		}
	}
	return err
}

// checkText looks at a text to be found. In quotes it may be any.
func checkText(w searchWord, k *searchKey) error {
	switch {
	case w.quoted && w.text == "" && k.takes != takesField:
		return errors.New(k.word + ` "" finds every message; write the text that is looked for`)
	case w.quoted:
		return nil
	case strings.HasPrefix(w.text, "'"):
		return w.errorf(`begins with a quote of another kind; texts stand in "double quotes"`)
	case strings.ContainsAny(w.text, "*%"):
		return w.errorf("holds a '*' or '%%', which is no wildcard here, as a text is found anywhere in a line; leave it out, or put the text in quotes if it is looked for itself")
	case strings.ContainsAny(w.text, `\{`):
		return w.errorf(`holds a '\' or '{'; put the text in quotes`)
	}
	return nil
}

// checkKeyword looks at a keyword: a flag that is no system flag.
func checkKeyword(w searchWord, k *searchKey) error {
	if flag, ok := strings.CutPrefix(w.text, `\`); ok {
		if known := searchKeyNamed(strings.ToUpper(flag)); known != nil {
			return w.errorf("is no keyword; write %s", known.word)
		}
		return w.errorf("is no keyword; write for example %s", k.how())
	}
	if !isAtom(w.text) {
		return w.errorf(`is no keyword, which has no blanks, no characters beyond ASCII and none of (){%%*"\]; write for example %s`, k.how())
	}
	return nil
}
