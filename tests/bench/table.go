package main

import (
	"fmt"
	"io"
	"strings"
)

// row is one line of the table.
type row struct {
	work string
	unit string
	// less says that a smaller figure is the better one.
	less bool
	// popbridge, imapc and other are medians; other is the upstream's own POP3
	// server or a raw IMAP client. NaN is a figure that there is not.
	popbridge, imapc, other figure
	otherIs                 string
	// imapcIs names what takes imapc's place; empty: nothing does.
	imapcIs string
	// atLeast is the ratio of popbridge to imapc that has to be reached, 0 for
	// none; bound is an absolute one for popbridge alone, 0 for none.
	atLeast, bound float64
	aim            string
	errors         int
	firstError     error
}

// figure is a measured value; there is none where it is nil.
type figure *float64

func measured(v float64) figure { return &v }

// ratio is how many times better popbridge is than imapc.
func (r row) ratio() (float64, bool) {
	if r.popbridge == nil || r.imapc == nil {
		return 0, false
	}
	better, worse := *r.popbridge, *r.imapc
	if r.less {
		better, worse = worse, better
	}
	if worse <= 0 {
		return 0, false
	}
	return better / worse, true
}

// verdict says whether what was asked for is reached.
func (r row) verdict() string {
	met := r.errors == 0
	switch ratio, ok := r.ratio(); {
	case r.bound > 0:
		met = met && r.popbridge != nil && *r.popbridge < r.bound
	case r.atLeast > 0:
		met = met && (ok && ratio >= r.atLeast || !ok && r.less && r.popbridge != nil && *r.popbridge == 0)
	case r.errors == 0:
		return ""
	}
	if met {
		return "met"
	}
	return "MISSED"
}

func (r row) target() string {
	switch {
	case r.bound > 0:
		return fmt.Sprintf("< %g %s", r.bound, r.unit)
	case r.atLeast > 0:
		return fmt.Sprintf("%g×", r.atLeast)
	}
	return ""
}

func show(f figure) string {
	if f == nil {
		return "–"
	}
	switch v := *f; {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

func (r row) cells() []string {
	ratio := "–"
	if v, ok := r.ratio(); ok {
		ratio = show(measured(v)) + "×"
	}
	imapc, other := show(r.imapc), show(r.other)
	if r.imapcIs != "" && r.imapc != nil {
		imapc += " (" + r.imapcIs + ")"
	}
	if r.other != nil {
		other += " (" + r.otherIs + ")"
	}
	work, _, _ := strings.Cut(r.work, "\n")
	return []string{work, r.unit, show(r.popbridge), imapc, other, ratio, r.target(), r.verdict(), r.aim, fmt.Sprint(r.errors)}
}

// table writes the rows as Markdown, aligned so that it can be read as it is.
func table(w io.Writer, rows []row) {
	lines := [][]string{{"work", "unit", "popbridge", "Dovecot imapc", "for comparison", "better by", "at least", "", "aim", "errors"}}
	for _, r := range rows {
		lines = append(lines, r.cells())
	}
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, c := range cells {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	for n, cells := range lines {
		fmt.Fprint(w, "|")
		for i, c := range cells {
			fmt.Fprintf(w, " %s%s |", c, strings.Repeat(" ", widths[i]-len([]rune(c))))
		}
		fmt.Fprintln(w)
		if n == 0 {
			fmt.Fprint(w, "|")
			for _, width := range widths {
				fmt.Fprint(w, strings.Repeat("-", width+2), "|")
			}
			fmt.Fprintln(w)
		}
	}
}
