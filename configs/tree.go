package configs

import (
	"fmt"
	"slices"
)

// kind is what a node is.
type kind uint8

const (
	scalar kind = iota
	list
	block
)

// node is a piece of a file, with its line. Both formats are read into nodes, so
// that one set of checks serves them and a message can name the line.
type node struct {
	kind   kind
	line   int
	value  any // of a scalar: string, bool, int64, float64, or nil
	items  []*node
	fields []field        // in the order of the file
	index  map[string]int // of those fields that get has seen, by name
}

// unusable is the value of a scalar that was reported already.
type unusable struct{}

type field struct {
	name string
	line int
	node *node
}

func (n *node) get(name string) (field, bool) {
	if n.index == nil {
		n.index = make(map[string]int, len(n.fields))
	}
	for i := len(n.index); i < len(n.fields); i++ {
		n.index[n.fields[i].name] = i
	}
	i, ok := n.index[name]
	if !ok {
		return field{}, false
	}
	return n.fields[i], true
}

// keep takes out the fields that are not to stay.
func (n *node) keep(good func(field) bool) {
	n.fields, n.index = slices.DeleteFunc(n.fields, func(f field) bool { return !good(f) }), nil
}

// plain gives what viper keeps: maps, slices and scalars.
func (n *node) plain() any {
	switch n.kind {
	case block:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.name] = f.node.plain()
		}
		return m
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = item.plain()
		}
		return items
	}
	return n.value
}

// parser collects what is wrong with the form of a file, whatever its format.
type parser struct {
	file     string
	problems Problems
}

func (p *parser) report(line int, key, text string) {
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Key: key, Text: text})
}

// add puts a field into a block, or reports that it is there already.
func (p *parser) add(n *node, at string, f field) {
	if first, ok := n.get(f.name); ok {
		p.report(f.line, join(at, f.name), fmt.Sprintf("given twice, first on line %d; keep one of them", first.line))
		return
	}
	n.fields = append(n.fields, f)
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
