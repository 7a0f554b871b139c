package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// chart is one of the pictures that are drawn together. Both of its axes are logarithmic: what
// is a hundred times as much is two steps away, and what grows in proportion is a straight
// line.
type chart struct {
	id    string // as the curves have it
	title string
	x, y  string // what the axes show, with the unit
}

// The place of a chart, and of its plot in it, in pixels.
const (
	chartWidth, chartHeight = 470, 372
	plotLeft, plotTop       = 62, 84
	plotWidth, plotHeight   = 380, 232
)

// axis is the range of a logarithmic axis: whole decades.
type axis struct{ low, high int }

// axisOf holds all values, which are above zero, and one decade at least.
func axisOf(values []float64) axis {
	a := axis{math.MaxInt, math.MinInt}
	for _, v := range values {
		a.low = min(a.low, int(math.Floor(math.Log10(v)+1e-9)))
		a.high = max(a.high, int(math.Ceil(math.Log10(v)-1e-9)))
	}
	if a.low > a.high {
		return axis{0, 1}
	}
	a.high = max(a.high, a.low+1)
	return a
}

// at is where a value stands, from 0 at the low end to 1.
func (a axis) at(v float64) float64 {
	return (math.Log10(v) - float64(a.low)) / float64(a.high-a.low)
}

// lines are the values that have a line of their own: decades, and some between two of them
// where there are no more.
func (a axis) lines() (values []float64) {
	for d := a.low; d <= a.high; d++ {
		values = append(values, math.Pow10(d))
		if a.high-a.low == 1 && d == a.low {
			values = append(values, 2*math.Pow10(d), 5*math.Pow10(d))
		}
	}
	return values
}

// grouped writes a number as a person does: 0.1, 10, 100,000.
func grouped(v float64) string {
	if v < 1000 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// draw writes one chart with its curves at a place of the picture.
func (c chart) draw(w *strings.Builder, left, top int, curves []curve) {
	var xs, ys []float64
	for _, one := range curves {
		for _, p := range one.points {
			xs, ys = append(xs, p.x), append(ys, p.y)
		}
	}
	x, y := axisOf(xs), axisOf(ys)
	px := func(v float64) float64 { return plotLeft + x.at(v)*plotWidth }
	py := func(v float64) float64 { return plotTop + (1-y.at(v))*plotHeight }
	fmt.Fprintf(w, "<g transform=\"translate(%d %d)\">\n<text class=\"head\" x=\"%d\" y=\"22\">%s</text>\n", left, top, plotLeft, escaped(c.title))
	for _, v := range y.lines() {
		fmt.Fprintf(w, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", plotLeft, py(v), plotLeft+plotWidth, plotLeft-8, py(v)+4, grouped(v))
	}
	for _, v := range x.lines() {
		fmt.Fprintf(w, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", px(v), plotTop, plotTop+plotHeight, px(v), plotTop+plotHeight+18, grouped(v))
	}
	fmt.Fprintf(w, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", plotLeft, plotTop, plotTop+plotHeight, plotLeft+plotWidth)
	fmt.Fprintf(w, "<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", plotLeft+plotWidth/2, plotTop+plotHeight+40, escaped(c.x))
	fmt.Fprintf(w, "<text class=\"label\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", plotTop+plotHeight/2, escaped(c.y))
	legend(w, curves)
	for _, one := range curves {
		kind := classOf(one.name)
		var way strings.Builder
		for i, p := range one.points {
			fmt.Fprintf(&way, "%c%.1f %.1f", "ML"[min(i, 1)], px(p.x), py(p.y))
		}
		fmt.Fprintf(w, "<path class=\"line %s\" d=\"%s\"/>\n", kind, way.String())
		for _, p := range one.points {
			fmt.Fprintf(w, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>%s: %s at %s</title></circle>\n", kind, px(p.x), py(p.y), escaped(one.name), grouped(p.y), grouped(p.x))
		}
	}
	w.WriteString("</g>\n")
}

// legend names the curves above the plot, two in a row.
func legend(w *strings.Builder, curves []curve) {
	for i, c := range curves {
		left, top := plotLeft+(i%2)*(plotWidth/2), 44+20*(i/2)
		kind := classOf(c.name)
		fmt.Fprintf(w, "<path class=\"line %s\" d=\"M%d %dh22\"/><text class=\"name\" x=\"%d\" y=\"%d\">%s</text>\n", kind, left, top, left+28, top+4, escaped(c.name))
	}
}
