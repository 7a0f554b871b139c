package configs

import (
	"fmt"
	"slices"
)

// merge puts the blocks of another file into a tree: keys of a block that is there
// once are put together, names are added, repeated blocks stand behind those of the
// files before. What both files give is a mistake, since nobody could tell from one
// file what holds.
func (r *reading) merge(other *node) {
	for _, f := range other.fields {
		mine, ok := r.root.get(f.name)
		if !ok {
			r.root.fields = append(r.root.fields, f)
			continue
		}
		switch {
		case mine.node.kind == list && f.node.kind == list:
			mine.node.items = append(mine.node.items, f.node.items...)
		case mine.node.kind != block || f.node.kind != block:
			r.problems = append(r.problems, twice(f, mine, f.name))
		default:
			r.mergeBlock(mine.node, f.node, f.name, r.shapeOf(f.name))
		}
	}
}

func (r *reading) mergeBlock(mine, other *node, at string, of shape) {
	for _, f := range other.fields {
		first, ok := mine.get(f.name)
		switch {
		case !ok:
			mine.fields = append(mine.fields, f)
		case of == labelled:
			r.problems = append(r.problems, Problem{File: f.spot.file, Line: f.spot.line, Key: join(at, f.name),
				Text: fmt.Sprintf("declared twice, first %s; a name may be declared in one file only: rename one of them, or merge the two", first.spot.seenFrom(f.spot))})
		default:
			r.problems = append(r.problems, twice(f, first, join(at, f.name)))
		}
	}
}

func (r *reading) shapeOf(name string) shape {
	if i := slices.IndexFunc(r.sections, func(s section) bool { return s.name == name }); i >= 0 {
		return r.sections[i].shape
	}
	return single
}
