package main

import (
	"fmt"
	"html"
	"strings"
)

// svgStyle has the colours for light and for dark backgrounds. A picture that a page shows
// takes those of the reader's system.
const svgStyle = `
.back{fill:#fff}.head{fill:#1f2328;font-size:15px;font-weight:600}.name,.label{fill:#1f2328;font-size:12.5px}.tick,.from{fill:#59636e;font-size:12px}
.grid{stroke:#d8dee4;fill:none}.axis{stroke:#59636e;fill:none}.line{fill:none;stroke-width:2.2}.login{stroke-dasharray:6 4}
.ours{stroke:#0b5cc4}.postgres{stroke:#0f7b3f}.imapc{stroke:#b8500a}.dot.ours{fill:#0b5cc4}.dot.postgres{fill:#0f7b3f}.dot.imapc{fill:#b8500a}.dot{stroke:none}
@media (prefers-color-scheme: dark){
.back{fill:#0d1117}.head,.name,.label{fill:#e6edf3}.tick,.from{fill:#9aa4af}.grid{stroke:#2b323b}.axis{stroke:#9aa4af}
.ours{stroke:#6cb0ff}.postgres{stroke:#56d38a}.imapc{stroke:#ffab5e}.dot.ours{fill:#6cb0ff}.dot.postgres{fill:#56d38a}.dot.imapc{fill:#ffab5e}.dot{stroke:none}
}
`

// classOf is how a curve looks: each contender has its colour in all charts, and a curve of
// the login alone is dashed.
func classOf(name string) string {
	class := "ours"
	switch {
	case strings.Contains(name, "imapc"):
		class = "imapc"
	case strings.Contains(name, "PostgreSQL"):
		class = "postgres"
	}
	if strings.Contains(name, ", STAT alone") {
		class += " login"
	}
	return class
}

func escaped(text string) string { return html.EscapeString(text) }

// svg draws charts, two in a row, those that have a curve.
func svg(title, origin string, charts []chart, curves []curve) string {
	const above, below = 12, 34
	var w, body strings.Builder
	drawn := 0
	for _, c := range charts {
		var own []curve
		for _, one := range curves {
			if one.chart == c.id && len(one.points) > 0 {
				own = append(own, one)
			}
		}
		if len(own) == 0 {
			continue
		}
		c.draw(&body, (drawn%2)*chartWidth, above+(drawn/2)*chartHeight, own)
		drawn++
	}
	width, height := 2*chartWidth, above+(drawn+1)/2*chartHeight+below
	fmt.Fprintf(&w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">\n", width, height, width, height)
	fmt.Fprintf(&w, "<title>%s</title>\n<style>%s</style>\n<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", escaped(title), svgStyle, width, height)
	w.WriteString(body.String())
	fmt.Fprintf(&w, "<text class=\"from\" x=\"%d\" y=\"%d\">%s</text>\n</svg>\n", plotLeft, height-14, escaped(origin))
	return w.String()
}
