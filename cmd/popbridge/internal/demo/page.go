package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The columns, in characters: the time, the session, what the device did, and
// from becameAt on what it became.
const (
	pageWidth = 100
	storyAt   = 15
	becameAt  = 56
)

// page lays sentences out in columns.
type page struct {
	w     io.Writer
	color bool
	utf8  bool
}

const (
	dim   = "\x1b[2m"
	cyan  = "\x1b[36m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

func (p page) paint(color, text string) string {
	if !p.color || text == "" {
		return text
	}
	return color + text + plain
}

// write prints one sentence. Its operations begin in their column; those that do
// not fit before the margin go on below the first.
func (p page) write(at time.Time, session string, s sentence) {
	arrow, between := "⇒ ", " · "
	if !p.utf8 {
		arrow, between = "=> ", "; "
	}
	left := p.clean(s.text)
	if s.command != "" {
		left = fmt.Sprintf("%-8s %s", s.command, left)
	}
	color := ""
	if s.failed {
		color = red
	}
	var b strings.Builder
	b.WriteString(p.paint(dim, fmt.Sprintf("%s  %-4.8s ", at.Format("15:04:05"), p.clean(session))))
	if color != "" {
		b.WriteString(p.paint(color, left))
	} else {
		b.WriteString(left)
	}
	width := storyAt + utf8.RuneCountInString(left)
	for i, line := range wrapped(p.phrases(s), between, pageWidth-becameAt-utf8.RuneCountInString(arrow)) {
		lead := strings.Repeat(" ", utf8.RuneCountInString(arrow))
		if i == 0 {
			lead = arrow
		}
		if i > 0 || width >= becameAt {
			b.WriteByte('\n')
			width = 0
		}
		b.WriteString(strings.Repeat(" ", becameAt-width))
		b.WriteString(p.paint(cyan, lead+line))
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(p.w, b.String())
}

// phrases are what stands on the right. The first operation of a login is named
// as IMAP's, so that the reader learns what the column is.
func (p page) phrases(s sentence) []string {
	var list []string
	for _, o := range s.became {
		text := p.clean(o.String())
		if o.verb == "LOGIN" || o.verb == "AUTHENTICATE" {
			text = "IMAP " + text
		}
		list = append(list, text)
	}
	if s.extra != "" {
		list = append(list, p.clean(s.extra))
	}
	return list
}

// wrapped joins phrases into lines of at most width characters. A phrase is
// never divided; one that is too long alone stands alone.
func wrapped(phrases []string, between string, width int) []string {
	var lines []string
	for _, phrase := range phrases {
		if n := len(lines); n > 0 {
			joined := lines[n-1] + between + phrase
			if utf8.RuneCountInString(joined) <= width {
				lines[n-1] = joined
				continue
			}
		}
		lines = append(lines, phrase)
	}
	return lines
}

// clean makes text from the network harmless for a terminal: a '?' stands for
// what does not print and, on a page of ASCII, for all beyond it.
func (p page) clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || !p.utf8 && r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, text)
}
