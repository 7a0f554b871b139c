package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
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
	// atLeast is the ratio of popbridge to imapc that has to be reached. The others are for
	// popbridge's own figure: it has to stay below bound, or at most reach ceiling, or at
	// least floor. A row has one of them, or none; 0 is none.
	atLeast, bound, ceiling, floor float64
	// aim says what is wished for beyond that. aims is the same as a number, in the sense of
	// the limit that the row has; 0 where it cannot be told by the row's own figures.
	aim        string
	aims       float64
	errors     int
	firstError error
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

// limited says whether a row is within a limit, which is that of the row's kind, and whether
// it has a limit at all.
func (r row) limited(limit float64) (met, any bool) {
	ratio, compared := r.ratio()
	has := r.popbridge != nil
	switch {
	case limit <= 0:
		return false, false
	case r.bound > 0:
		return has && *r.popbridge < limit, true
	case r.ceiling > 0:
		return has && *r.popbridge <= limit, true
	case r.floor > 0:
		return has && *r.popbridge >= limit, true
	}
	return compared && ratio >= limit || !compared && r.less && has && *r.popbridge == 0, true
}

// verdict says whether what was asked for is reached.
func (r row) verdict() string {
	met, any := r.limited(max(r.bound, r.ceiling, r.floor, r.atLeast))
	switch {
	case r.errors > 0 || any && !met:
		return "MISSED"
	case any:
		return "met"
	}
	return ""
}

// wish is the aim, and whether it is missed.
func (r row) wish() string {
	if met, any := r.limited(r.aims); any && !met {
		return r.aim + ": missed"
	}
	return r.aim
}

func (r row) target() string {
	switch {
	case r.bound > 0:
		return fmt.Sprintf("< %s %s", short(r.bound), r.unit)
	case r.ceiling > 0:
		return fmt.Sprintf("≤ %s %s", short(r.ceiling), r.unit)
	case r.floor > 0:
		return fmt.Sprintf("≥ %s %s", short(r.floor), r.unit)
	case r.atLeast > 0:
		return short(r.atLeast) + "×"
	}
	return ""
}

// short is a limit without decimals that say nothing: three digits, or all that stand before
// the point.
func short(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
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
	return []string{work, r.unit, show(r.popbridge), imapc, other, ratio, r.target(), r.verdict(), r.wish(), fmt.Sprint(r.errors)}
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
