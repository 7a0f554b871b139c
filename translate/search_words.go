package translate

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// searchWord is a piece of a Search as an operator has written it.
type searchWord struct {
	text   string
	at     int  // the character that it begins at, from 1
	quoted bool // it is a text, whatever it looks like; the quotes are not in it
}

// is reports whether the word is this parenthesis.
func (w searchWord) is(parenthesis string) bool { return !w.quoted && w.text == parenthesis }

// errorf tells where a word stands, and what of it is wrong.
func (w searchWord) errorf(format string, args ...any) error {
	const most = 40 // characters of a word in a message
	shown := []rune(w.text)
	if len(shown) > most {
		shown = append(shown[:most:most], '…')
	}
	return fmt.Errorf("%q at character %d %s", string(shown), w.at, fmt.Sprintf(format, args...))
}

// searchWords parts a text at blanks and parentheses. A text with blanks stands in
// double quotes, within which \" and \\ are '"' and '\'.
func searchWords(text string) (words []searchWord, err error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("it is not UTF-8")
	}
	rest, at := text, 1
	for rest != "" {
		w, n := searchWord{at: at}, 1
		switch c := rest[0]; {
		case c == ' ', c == '\t', c == '\n', c == '\r':
		case c == '(', c == ')':
			w.text = rest[:1]
		case c == '"':
			if w.text, n, err = quotedWord(rest); err != nil {
				return nil, fmt.Errorf("the quote at character %d %w", at, err)
			}
			w.quoted = true
		default:
			if n = strings.IndexAny(rest, " \t\r\n()\""); n < 0 {
				n = len(rest)
			}
			w.text = rest[:n]
		}
		if i := strings.IndexFunc(w.text, isControl); i >= 0 {
			return nil, fmt.Errorf("the word at character %d holds the control character 0x%02x; leave it out", at, w.text[i])
		}
		switch before := text[:len(text)-len(rest)]; {
		case w.text == "" && !w.quoted: // a blank
		case touches(before, w):
			return nil, w.errorf("needs a blank before it")
		default:
			words = append(words, w)
		}
		at += utf8.RuneCountInString(rest[:n])
		rest = rest[n:]
	}
	return words, nil
}

// touches reports whether a word lacks a blank before it: a text in quotes stands apart
// from all but parentheses around it.
func touches(before string, w searchWord) bool {
	return strings.HasSuffix(before, `"`) && !w.is(")") ||
		w.quoted && before != "" && !strings.ContainsAny(before[len(before)-1:], " \t\r\n(")
}

// quotedWord takes a text that begins with a quote, and gives what stands in quotes,
// and how many octets it and the quotes take.
func quotedWord(rest string) (text string, octets int, err error) {
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; c {
		case '"':
			return b.String(), i + 1, nil
		case '\\':
			if i++; i == len(rest) || rest[i] != '"' && rest[i] != '\\' {
				return "", 0, errors.New(`holds a '\' that nothing needs; write \\ for it, and \" for a quote`)
			}
			b.WriteByte(rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, errors.New("is not closed")
}

// isControl reports whether a character can do something to a line instead of standing
// in it.
func isControl(c rune) bool { return c < ' ' || c == 0x7F }

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c >= utf8.RuneSelf }) < 0
}

// isAtom reports whether a text may stand without quotes in a command (RFC 3501 §9,
// atom).
func isAtom(text string) bool {
	return text != "" && strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`(){%*"\]`, c) }) < 0
}

// bareOrQuoted writes a text as an operator would, who puts it in quotes where it would
// be taken for something else.
func bareOrQuoted(text string) string {
	if isAtom(text) && !strings.HasPrefix(text, "'") && searchKeyNamed(text) == nil {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
