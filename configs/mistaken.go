package configs

import (
	"bytes"
	"regexp"
)

// Slips of people who write the other language, or whose editor indents with tabs.
// The parsers' own words for them are about something else.
var (
	// hclLine is a line that HCL has and YAML has not: a block that opens, or "key = ".
	hclLine = regexp.MustCompile(`(?m)^[ \t]*[a-z_]+(?:[ \t]+"[^"\n]*")?[ \t]*(?:\{[ \t]*$|=[ \t])`)
	// yamlTop is a line that YAML has and HCL has not: a key at the margin with a colon.
	yamlTop = regexp.MustCompile(`(?m)^[a-z_]+:(?:[ \t]|\r?$)`)
	// tabbed is the indentation of a line, with a tab in it.
	tabbed = regexp.MustCompile(`(?m)^ *\t`)
)

const (
	hclInYAML = `not valid YAML: this is HCL; give the file a name that ends in ".hcl"`
	yamlInHCL = `not valid HCL: this is YAML; give the file a name that ends in ".yaml"`
	tabInYAML = "not valid YAML: the line is indented with a tab; indent with spaces"
)

// lineOf gives the line of the first match, from 1; 0 where there is none.
func lineOf(pattern *regexp.Regexp, data []byte) int {
	at := pattern.FindIndex(data)
	if at == nil {
		return 0
	}
	return 1 + bytes.Count(data[:at[0]], []byte("\n"))
}

// switches are words that are true or false in YAML 1.1 and in other programs' files.
var switches = map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false"}
