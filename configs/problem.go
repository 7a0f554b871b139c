package configs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// environment stands in Problem.File where a variable is at fault.
const environment = "environment"

// Problem is one mistake, or one thing that is allowed but dangerous.
type Problem struct {
	File    string // File is the path as given to Load, or "environment".
	Line    int    // Line counts from 1; 0 where there is none.
	Key     string // Key is a path such as "upstream.mail.address" or "route[2].user" (routes count from 0), a variable's name, or empty.
	Text    string // Text says what is wrong and what would be right.
	Warning bool   // Warning is true where the file can be used all the same.
}

// String gives "file:line: key: text", without the parts that are not there.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is sorted by file, line and key.
type Problems []Problem

// Errors gives those for which the file cannot be used.
func (ps Problems) Errors() Problems { return ps.only(false) }

// Warnings gives those with which the file can be used.
func (ps Problems) Warnings() Problems { return ps.only(true) }

// Err gives nil where there are no errors, else all of them, one a line.
func (ps Problems) Err() error {
	if found := ps.Errors(); len(found) > 0 {
		return errors.New(found.String())
	}
	return nil
}

// String gives one problem a line.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) only(warning bool) Problems {
	var found Problems
	for _, p := range ps {
		if p.Warning == warning {
			found = append(found, p)
		}
	}
	return found
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
}
