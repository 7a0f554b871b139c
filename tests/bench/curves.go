package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// point is one measurement: how much there is of what grows, and what a poll or a session
// takes then.
type point struct{ x, y float64 }

// curve is one contender in one chart. Its points are in the order of x.
type curve struct {
	chart, name string
	points      []point
}

// merge puts new curves in the place of those of the same chart and name. The others stay, so
// that one contender can be measured again alone.
func merge(old, new []curve) []curve {
	merged := slices.Clone(old)
	for _, c := range new {
		at := slices.IndexFunc(merged, func(o curve) bool { return o.chart == c.chart && o.name == c.name })
		if at < 0 {
			merged = append(merged, c)
			continue
		}
		merged[at] = c
	}
	return merged
}

// csvHead names the columns of the file that figures are kept in.
var csvHead = []string{"chart", "curve", "x", "y"}

// writeCurves writes the figures behind a line that says where they are from.
func writeCurves(w io.Writer, origin string, curves []curve) error {
	if _, err := fmt.Fprintf(w, "# %s\n", strings.ReplaceAll(origin, "\n", " ")); err != nil {
		return err
	}
	lines := [][]string{csvHead}
	for _, c := range curves {
		for _, p := range c.points {
			lines = append(lines, []string{c.chart, c.name, strconv.FormatFloat(p.x, 'f', -1, 64), strconv.FormatFloat(p.y, 'g', 4, 64)})
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// readCurves reads what writeCurves has written; a file that is not there has none.
func readCurves(file string) (origin string, curves []curve, err error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	r := csv.NewReader(strings.NewReader(string(data)))
	r.Comment, r.FieldsPerRecord = '#', len(csvHead)
	lines, err := r.ReadAll()
	if err == nil && (len(lines) == 0 || !slices.Equal(lines[0], csvHead)) {
		err = fmt.Errorf("its first line does not name the columns %s", strings.Join(csvHead, ","))
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, line := range lines[1:] {
		x, xErr := strconv.ParseFloat(line[2], 64)
		y, yErr := strconv.ParseFloat(line[3], 64)
		if err := errors.Join(xErr, yErr); err != nil {
			return "", nil, fmt.Errorf("%s: %w", file, err)
		}
		at := slices.IndexFunc(curves, func(c curve) bool { return c.chart == line[0] && c.name == line[1] })
		if at < 0 {
			at = len(curves)
			curves = append(curves, curve{chart: line[0], name: line[1]})
		}
		curves[at].points = append(curves[at].points, point{x, y})
	}
	return strings.TrimPrefix(first, "# "), curves, nil
}
