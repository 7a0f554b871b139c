package configs

import (
	"bytes"
	"errors"

	"github.com/google/yamlfmt/formatters/basic"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format gives a file as it is written by custom: two blanks for each level, values
// in line, comments and single empty lines kept. The name's ending tells the
// language. What cannot be parsed gives an error that names the line, and nothing else.
func Format(name string, data []byte) ([]byte, error) {
	format, problems := formatOf(name)
	if problems != nil {
		return nil, problems.Err()
	}
	if root, problems := parse(source{path: name, format: format, data: data}, declared()); root == nil {
		return nil, problems.Err()
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	if format == "hcl" {
		return append(bytes.TrimRight(hclwrite.Format(data), "\n"), '\n'), nil
	}
	formatter, err := (&basic.BasicFormatterFactory{}).NewFormatter(map[string]any{"retain_line_breaks_single": true, "indent": 2})
	if err != nil {
		return nil, err
	}
	formatted, err := formatter.Format(data)
	if err == nil && !sameMeaning(name, data, formatted) {
		err = errors.New(name + ": cannot be formatted without changing what it says")
	}
	return formatted, err
}

// sameMeaning reports whether two YAML texts are read as the same values.
func sameMeaning(name string, a, b []byte) bool {
	before, _ := parseYAML(name, a)
	after, _ := parseYAML(name, b)
	return before != nil && after != nil && before.equal(after)
}

// equal compares values, wherever they stand.
func (n *node) equal(m *node) bool {
	if n.kind != m.kind || n.value != m.value || len(n.items) != len(m.items) || len(n.fields) != len(m.fields) {
		return false
	}
	for i, item := range n.items {
		if !item.equal(m.items[i]) {
			return false
		}
	}
	for i, f := range n.fields {
		if f.name != m.fields[i].name || !f.node.equal(m.fields[i].node) {
			return false
		}
	}
	return true
}
