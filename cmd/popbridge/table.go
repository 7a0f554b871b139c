package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// table is columns for people. What a device or the author of a message has
// chosen becomes neither a control sequence of the terminal nor a column.
type table struct {
	w      *tabwriter.Writer
	indent string
}

func newTable(out io.Writer, indent string, heads ...string) *table {
	t := &table{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), indent: indent}
	if len(heads) > 0 {
		t.row(heads...)
	}
	return t
}

func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	fmt.Fprintln(t.w, t.indent+strings.Join(cells, "\t"))
}

// end writes the table; nothing is written before.
func (t *table) end() error { return t.w.Flush() }

// printable shows what cannot be printed as a question mark in a box, and nothing
// at all as a dash.
func printable(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// at is a time as the operator's clock shows it, with the zone that it is in.
func at(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format(time.DateTime + " MST")
}
