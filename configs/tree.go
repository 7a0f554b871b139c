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

// spot is where something stands.
type spot struct {
	file string
	line int // from 1; 0 where there is none
}

// seenFrom names the spot in a message about another one.
func (s spot) seenFrom(other spot) string {
	if s.file == other.file {
		return fmt.Sprintf("on line %d", s.line)
	}
	return fmt.Sprintf("in %s:%d", s.file, s.line)
}

// node is a piece of a file, with where it stands. Both formats are read into nodes,
// so that one set of checks serves them and a message can name the line.
type node struct {
	kind   kind
	spot   spot
	value  any // of a scalar: string, bool, int64, float64, or nil
	items  []*node
	fields []field        // in the order of the file
	index  map[string]int // of those fields that get has seen, by name
}

// unusable is the value of a scalar that was reported already.
type unusable struct{}

type field struct {
	name string
	spot spot
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

func (p *parser) on(line int) spot { return spot{p.file, line} }

func (p *parser) report(line int, key, text string) {
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Key: key, Text: text})
}

// add puts a field into a block, or reports that it is there already.
func (p *parser) add(n *node, at string, f field) {
	if first, ok := n.get(f.name); ok {
		p.problems = append(p.problems, twice(f, first, join(at, f.name)))
		return
	}
	n.fields = append(n.fields, f)
}

// twice is the problem of a field that is there already.
func twice(again, first field, key string) Problem {
	return Problem{File: again.spot.file, Line: again.spot.line, Key: key, Text: fmt.Sprintf("given twice, first %s; keep one of them", first.spot.seenFrom(again.spot))}
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
