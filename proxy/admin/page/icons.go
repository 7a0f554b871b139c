package page

import "html/template"

// icons are drawn with lines, in a square of 24.
var icons = map[string]string{
	"overview":      `<path d="M3 13a9 9 0 0 1 18 0M12 13l4-5"/><circle cx="12" cy="13" r="1.6"/><path d="M5 19h14"/>`,
	"sessions":      `<path d="M4 7h16M4 12h16M4 17h10"/><circle cx="19" cy="17" r="1.6"/>`,
	"accounts":      `<circle cx="12" cy="8" r="4"/><path d="M4 20c1-4 4-6 8-6s7 2 8 6"/>`,
	"migration":     `<path d="M4 17c0-6 4-9 8-9s8 3 8 9"/><path d="M2 17h20M8 17v-5M12 17V8M16 17v-5"/>`,
	"trouble":       `<path d="M12 4 2.8 20h18.4z"/><path d="M12 10v5M12 17.4v.2"/>`,
	"configuration": `<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>`,
	"audit":         `<path d="M6 3h9l4 4v14H6z"/><path d="M9 11h7M9 15h7M14.5 3v4.5H19"/>`,
	"leave":         `<path d="M10 4H5v16h5M14 8l4 4-4 4M9 12h9"/>`,
}

// icon draws one, for those who see; what it stands for is said beside it.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + icons[name] + `</svg>`)
}
