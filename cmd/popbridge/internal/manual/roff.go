package manual

import (
	"fmt"
	"strings"
)

// roff is a page for man(1), in the macros of man(7).
type roff struct{ strings.Builder }

// newRoff begins a page. The date is that of the release, so that a page changes only
// when its text does.
func newRoff(name, section, date string) *roff {
	r := new(roff)
	fmt.Fprintf(r, ".\\\" Made by \"make man\" of the program itself; change that, not this.\n")
	fmt.Fprintf(r, ".TH %s %s %s popbridge \"popbridge manual\"\n", strings.ToUpper(name), section, date)
	r.WriteString(".nh\n.ad l\n") // names of keys and commands are never parted
	return r
}

// roffText makes any text safe for roff: what roff reads as its own is written by
// name, and '-' is the one that can be copied into a shell.
var roffText = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

func (r *roff) heading(title string) { fmt.Fprintf(r, ".SH %s\n", title) }

// name is the line that whatis(1) and apropos(1) read.
func (r *roff) name(name, short string) {
	r.heading("NAME")
	fmt.Fprintf(r, "%s \\- %s\n", roffText.Replace(name), roffText.Replace(short))
}

// text writes paragraphs that are parted by an empty line.
func (r *roff) text(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.WriteString(".PP\n")
		}
		r.lines(paragraph)
	}
}

// lines writes text that roff may fill.
func (r *roff) lines(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ".") {
			r.WriteString(`\&`) // else it would be a macro
		}
		r.WriteString(roffText.Replace(line) + "\n")
	}
}

// entry begins a paragraph that explains a term, set in bold, with what follows it in
// italics.
func (r *roff) entry(term, argument, text string) {
	r.WriteString(".TP\n")
	fmt.Fprintf(r, "\\fB%s\\fR", roffText.Replace(term))
	if argument != "" {
		fmt.Fprintf(r, " \\fI%s\\fR", roffText.Replace(argument))
	}
	r.WriteString("\n")
	r.lines(text)
}

// verbatim writes text as it stands, such as commands.
func (r *roff) verbatim(text string) {
	r.WriteString(".nf\n.RS 4\n")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, ".") {
			r.WriteString(`\&`)
		}
		r.WriteString(roffText.Replace(line) + "\n")
	}
	r.WriteString(".RE\n.fi\n")
}

// seeAlso ends a page with others.
func (r *roff) seeAlso(pages []string) {
	r.heading(`"SEE ALSO"`)
	for i, page := range pages {
		name, section, _ := strings.Cut(page, "(")
		comma := ","
		if i == len(pages)-1 {
			comma = ""
		}
		fmt.Fprintf(r, ".BR %s (%s%s\n", roffText.Replace(name), section, comma)
	}
}
