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
// from becameAt on what it became. What does not fit there stands below, from
// belowAt on. A terminal has 80 columns unless somebody has made it wider.
const (
	pageWidth = 80
	storyAt   = 15
	becameAt  = 52
	belowAt   = 17
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
	if !p.color || color == "" || text == "" {
		return text
	}
	return color + text + plain
}

// write prints one sentence. What it became stands in its column where it is one
// line that fits there, else below.
func (p page) write(at time.Time, session string, s sentence) {
	arrow, between := "⇒ ", " · "
	if !p.utf8 {
		arrow, between = "=> ", "; "
	}
	told := p.clean(s.text)
	if s.command != "" {
		told = fmt.Sprintf("%-8s %s", s.command, told)
	}
	color := ""
	if s.failed {
		color = red
	}
	var b strings.Builder
	b.WriteString(p.paint(dim, fmt.Sprintf("%s  %-4.8s ", at.Format("15:04:05"), p.clean(session))))
	left := folded(told, pageWidth-storyAt)
	b.WriteString(p.paint(color, strings.Join(left, "\n"+strings.Repeat(" ", storyAt))))

	lead := utf8.RuneCountInString(arrow)
	phrases := p.phrases(s)
	width := storyAt + utf8.RuneCountInString(told)
	beside := wrapped(phrases, between, pageWidth-becameAt-lead)
	if len(beside) == 1 && len(left) == 1 && width < becameAt {
		b.WriteString(strings.Repeat(" ", becameAt-width) + p.paint(cyan, arrow+beside[0]))
	} else {
		for i, line := range wrapped(phrases, between, pageWidth-belowAt-lead) {
			before := arrow
			if i > 0 {
				before = strings.Repeat(" ", lead)
			}
			b.WriteString("\n" + strings.Repeat(" ", belowAt) + p.paint(cyan, before+line))
		}
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(p.w, b.String())
}

// phrases are what stands on the right. The first operation of a login is named
// as IMAP's, so that the reader learns what the column is.
func (p page) phrases(s sentence) []string {
	var list []string
	if s.before != "" {
		list = append(list, p.clean(s.before))
	}
	for _, o := range s.became {
		text := p.clean(o.String())
		if o.isLogin() {
			text = "IMAP " + text
		}
		list = append(list, text)
	}
	if s.extra != "" {
		list = append(list, p.clean(s.extra))
	}
	return list
}

// wrapped joins phrases into lines of at most width characters. One that is too
// long alone goes on below, set in.
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
		lines = append(lines, folded(phrase, width)...)
	}
	return lines
}

// folded divides text at blanks into lines of at most width characters, all but the
// first set in by two. A word that is too long is divided itself.
func folded(text string, width int) []string {
	var lines []string
	rest, indent := []rune(text), ""
	for len(rest) > width-len(indent) {
		room := width - len(indent)
		at := room
		for at > 0 && rest[at] != ' ' {
			at--
		}
		if at == 0 {
			at = room
		}
		lines = append(lines, indent+strings.TrimRight(string(rest[:at]), " "))
		rest, indent = []rune(strings.TrimLeft(string(rest[at:]), " ")), "  "
	}
	return append(lines, indent+string(rest))
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
