package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DefaultMaildrop names the policy that is there even if nobody wrote it.
const DefaultMaildrop = "default"

// structure holds the tree against the declarations. It reports what is not
// declared, takes it out, and notes where everything else stands.
func (r *reading) structure() {
	if !r.isRoot(r.root) {
		r.root = &node{kind: block, spot: r.root.spot}
	}
	r.root.keep(r.section)
	r.implyMaildrop()
}

// isRoot reports whether a file holds keys at all.
func (r *reading) isRoot(n *node) bool {
	if n.kind != block {
		r.problems = append(r.problems, Problem{File: n.spot.file, Line: n.spot.line, Text: "it holds no keys; begin with a block such as upstream"})
	}
	return n.kind == block
}

// section reports whether a field of the file's top level may stay.
func (r *reading) section(f field) bool {
	i := slices.IndexFunc(r.sections, func(s section) bool { return s.name == f.name })
	if i < 0 {
		r.unknown(f, f.name, "block", sectionNames(r.sections))
		return false
	}
	s := r.sections[i]
	r.spots[s.name] = f.spot
	var good bool
	switch s.shape {
	case single:
		good = r.block(f, s.keys, s.name)
	case labelled:
		good = r.named(f, s)
	case repeated:
		good = r.items(f, s)
	}
	r.wrong[s.name] = !good
	return good
}

func (r *reading) named(f field, s section) bool {
	if !r.isBlock(f, s.name, fmt.Sprintf("has to hold names, and below each name its keys; write %[1]s \"name\" { … } in HCL, %[1]s: {name: {…}} in YAML", s.name)) {
		return false
	}
	f.node.keep(func(named field) bool {
		at := s.name + "." + named.name
		r.spots[at] = named.spot
		r.labels[s.name] = append(r.labels[s.name], named.name)
		if slices.Contains(namesOf(s.keys), named.name) && named.node.kind != block {
			r.errorf(at, "%s is a key of a %s, but a name belongs here; give the %s a name first", named.name, s.name, s.name)
			return false
		}
		if !isLabel(named.name) {
			r.errorf(at, "%q is not a name; write a lower-case letter, then lower-case letters, digits, '-' and '_'", named.name)
			return false
		}
		return r.block(named, s.keys, at)
	})
	return true
}

func (r *reading) items(f field, s section) bool {
	if f.node.kind != list {
		r.errorf(s.name, "has to be a list of blocks; write %[1]s { … } for each in HCL, or begin each with '-' below %[1]s: in YAML", s.name)
		return false
	}
	for i, item := range f.node.items {
		at := fmt.Sprintf("%s[%d]", s.name, i)
		r.spots[at] = item.spot
		if !r.block(field{at, item.spot, item}, s.keys, at) {
			item.kind, item.fields, item.index = block, nil, nil
		}
	}
	return true
}

// block looks at the keys of one block, and at the blocks within it.
func (r *reading) block(f field, declared []key, at string) bool {
	if !r.isBlock(f, at, "has to be a block of keys") {
		return false
	}
	names := namesOf(declared)
	f.node.keep(func(k field) bool {
		at := at + "." + k.name
		if !slices.Contains(names, k.name) {
			r.unknown(k, at, "key", names)
			return false
		}
		r.spots[at] = k.spot
		if i := slices.IndexFunc(declared, func(d key) bool { return d.name == k.name && d.inner != nil }); i >= 0 {
			r.wrong[at] = !r.block(k, declared[i].inner, at)
			return !r.wrong[at]
		}
		for i, item := range k.node.items {
			r.spots[at+"["+strconv.Itoa(i)+"]"] = item.spot
			r.wrong[at] = r.wrong[at] || item.value == (unusable{})
		}
		if k.node.value == (unusable{}) {
			r.wrong[at] = true
		}
		return true
	})
	return true
}

// isBlock takes a block, and the nothing that YAML shows for an empty one.
func (r *reading) isBlock(f field, at, text string) bool {
	if f.node.kind == scalar && f.node.value == nil {
		f.node.kind = block
	}
	if f.node.kind != block {
		r.errorf(at, "%s", text)
		return false
	}
	return true
}

// unknown reports a name that is not declared, with the one that was meant.
func (r *reading) unknown(f field, at, what string, names []string) {
	text := "unknown " + what
	if others := r.homes(f.name); len(others) > 0 {
		text += "; it is a key of " + strings.Join(others, ", ")
	} else if meant, ok := r.nearest(f.name, names); ok {
		text += fmt.Sprintf("; did you mean %s?", meant)
	} else {
		text += "; one of " + strings.Join(names, ", ")
	}
	r.problems = append(r.problems, Problem{File: f.spot.file, Line: f.spot.line, Key: at, Text: text})
}

// homes lists the sections that have a key of this name.
func (r *reading) homes(name string) []string {
	var homes []string
	for _, s := range r.sections {
		if slices.Contains(namesOf(s.keys), name) {
			homes = append(homes, s.name)
		}
		for _, k := range s.keys {
			if slices.Contains(namesOf(k.inner), name) {
				homes = append(homes, s.name+"."+k.name)
			}
		}
	}
	return homes
}

// implyMaildrop adds the block that need not be written.
func (r *reading) implyMaildrop() {
	maildrops, ok := r.root.get("maildrop")
	if !ok {
		maildrops = field{name: "maildrop", node: &node{kind: block}}
		r.root.fields = append(r.root.fields, maildrops)
	}
	if _, ok := maildrops.node.get(DefaultMaildrop); !ok {
		r.labels["maildrop"] = append(r.labels["maildrop"], DefaultMaildrop)
		maildrops.node.fields = append(maildrops.node.fields, field{name: DefaultMaildrop, node: &node{kind: block}})
	}
}

func sectionNames(sections []section) []string {
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	return names
}

func isLabel(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c != '-' && c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
