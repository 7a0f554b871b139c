package main

import (
	"fmt"
	"slices"
)

// outcome is what a table says of an account.
type outcome struct {
	cells   []string
	problem bool // somebody should look at it
}

// report prints the outcomes that somebody should look at, then the others where all
// are asked for, and the total.
func (env *environment) report(all bool, heads []string, list []outcome, total string) error {
	shown := slices.DeleteFunc(slices.Clone(list), func(o outcome) bool { return !all && !o.problem })
	slices.SortStableFunc(shown, func(a, b outcome) int {
		switch {
		case a.problem == b.problem:
			return 0
		case a.problem:
			return -1
		}
		return 1
	})
	if len(shown) > 0 {
		t := newTable(env.out, "", heads...)
		for _, o := range shown {
			t.row(o.cells...)
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(env.out, total)
	return err
}

// problems counts the outcomes that somebody should look at.
func problems(list []outcome) (n int) {
	for _, o := range list {
		if o.problem {
			n++
		}
	}
	return n
}
