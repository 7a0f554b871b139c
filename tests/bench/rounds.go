package main

import "fmt"

// sample is what one turn of a contender measured, each figure at its place.
type sample []float64

// results are the samples of several rounds by contender.
type results struct {
	samples map[string][]sample
	errors  int
	first   error
}

// take counts the errors of a load.
func (r *results) take(t tally) {
	r.errors += t.errors
	if r.first == nil {
		r.first = t.first
	}
}

// rounds lets the contenders take turns, so that whatever else the machine does
// is shared out among them.
func (s *site) rounds(n int, sides []*contender, measure func(c *contender, round int, r *results) sample) *results {
	r := &results{samples: make(map[string][]sample)}
	for round := range n {
		for _, c := range sides {
			if s.only != "" && s.only != c.name {
				continue
			}
			r.samples[c.name] = append(r.samples[c.name], measure(c, round, r))
		}
	}
	return r
}

// median of one place of the samples of a contender; nil where it has none.
func (r *results) median(name string, place int) figure {
	var values []float64
	for _, s := range r.samples[name] {
		values = append(values, s[place])
	}
	if len(values) == 0 {
		return nil
	}
	return measured(median(values))
}

// noise is the largest spread of one place: the difference between the largest
// and the smallest value of a contender by its median.
func (r *results) noise(place int) float64 {
	var worst float64
	for _, samples := range r.samples {
		var values []float64
		for _, s := range samples {
			values = append(values, s[place])
		}
		if m := median(values); m > 0 {
			worst = max(worst, (quantile(values, 1)-quantile(values, 0))/m)
		}
	}
	return worst
}

// share is a row of one figure of popbridge by that of another contender, of which at least
// floor is asked for where more is better, and at most as much where less is.
func (r *results) share(place int, work string, less bool, other, otherIs string, limit, aims float64) row {
	row := row{work: work, unit: "×", less: less, errors: r.errors, firstError: r.first, aims: aims, aim: short(aims) + "×"}
	if less {
		row.ceiling = limit
	} else {
		row.floor = limit
	}
	if ours, theirs := r.median("popbridge", place), r.median(other, place); ours != nil && theirs != nil && *theirs > 0 {
		row.popbridge, row.other, row.otherIs = measured(*ours / *theirs), measured(1), otherIs
	}
	fmt.Printf("%s: %s of %s\n", work, show(row.popbridge), otherIs)
	return row
}

// wanted gives a row an aim that its own figures can reach.
func (r row) wanted(aims float64) row {
	r.aims = aims
	return r
}

// atMost gives a row the most that popbridge's figure may be.
func (r row) atMost(ceiling float64) row {
	r.ceiling = ceiling
	return r
}

// row makes a row of one place of the samples.
func (r *results) row(place int, work, unit string, less bool, other string, atLeast float64, aim string) row {
	row := row{
		work: work, unit: unit, less: less, popbridge: r.median("popbridge", place), imapc: r.median("imapc", place),
		other: r.median(other, place), otherIs: other, atLeast: atLeast, aim: aim, errors: r.errors, firstError: r.first,
	}
	if other == "own" {
		row.otherIs = "own POP3"
	}
	fmt.Printf("%s: popbridge %s, imapc %s, %s %s %s; spread of the rounds up to %.0f %%, %d errors\n",
		work, show(row.popbridge), show(row.imapc), row.otherIs, show(row.other), unit, 100*r.noise(place), r.errors)
	if r.first != nil {
		fmt.Printf("  the first error: %v\n", r.first)
	}
	return row
}
