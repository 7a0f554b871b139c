package configs

import "fmt"

// hclSyntax writes a block as name "label" { key = value }.
type hclSyntax struct{}

func (hclSyntax) open(s section, label string, _ bool) (lines []string, indent string) {
	if s.shape == labelled {
		return []string{fmt.Sprintf("%s %q {", s.name, label)}, "  "
	}
	return []string{s.name + " {"}, "  "
}

func (hclSyntax) set(name, value string) string { return name + " = " + value }

func (hclSyntax) within(name string) (opening, closing []string) {
	return []string{name + " {"}, []string{"}"}
}

func (hclSyntax) close(section) []string { return []string{"}"} }

// yamlSyntax writes a block as a mapping; the blocks of one section share its
// name, which stands before the first.
type yamlSyntax struct{}

func (yamlSyntax) open(s section, label string, first bool) (lines []string, indent string) {
	if first {
		lines = []string{s.name + ":"}
	}
	switch s.shape {
	case labelled:
		return append(lines, "  "+label+":"), "    "
	case repeated:
		return append(lines, "  -"), "    "
	}
	return lines, "  "
}

func (yamlSyntax) set(name, value string) string { return name + ": " + value }

func (yamlSyntax) within(name string) (opening, closing []string) {
	return []string{name + ":"}, nil
}

func (yamlSyntax) close(section) []string { return nil }
