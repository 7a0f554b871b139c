package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Convert gives a file in the other language, to "hcl" or "yaml", with its comments.
// What is wrong in it is not looked at, but for its syntax; what a word of the
// environment says is not in it.
func Convert(name string, data []byte, to string) ([]byte, error) {
	format, problems := formatOf(name)
	if problems != nil {
		return nil, problems.Err()
	}
	root, problems := parse(source{path: name, format: format, data: data}, declared())
	if problems.Err() != nil {
		return nil, problems.Err()
	}
	shapes := make(map[string]shape)
	for _, s := range declared() {
		shapes[s.name] = s.shape
	}
	w := converter{comments: commentsIn(format, name, data), apart: afterEmpty(data), shapes: shapes}
	if format == "yaml" {
		w.inner = 2 // below a label, and behind a dash
	}
	if to == "hcl" {
		w.syntax = hclSyntax{}
	} else {
		w.syntax = yamlSyntax{}
	}
	w.root(root)
	return Format("converted."+to, w.Bytes())
}

// converter writes a tree in one of the languages.
type converter struct {
	bytes.Buffer
	comments []comment    // those that are not written yet
	apart    map[int]bool // lines that an empty line stands before
	inner    int          // how many blanks a label is indented by
	shapes   map[string]shape
	syntax   exampleSyntax
}

// piece is one block as the other language writes it.
type piece struct {
	section
	label string
	line  int
	node  *node
	first bool // of its section
}

// root writes a file. Blocks are written one by one, so that each knows where the
// next begins.
func (w *converter) root(root *node) {
	var pieces []piece
	for _, f := range root.fields {
		s := section{name: f.name, shape: w.shapes[f.name]}
		switch {
		case s.shape == labelled && f.node.kind == block:
			for i, named := range f.node.fields {
				pieces = append(pieces, piece{s, named.name, named.spot.line, named.node, i == 0})
			}
		case s.shape == repeated && f.node.kind == list:
			for i, item := range f.node.items {
				pieces = append(pieces, piece{s, "", item.spot.line, item, i == 0})
			}
		default:
			pieces = append(pieces, piece{s, "", f.spot.line, f.node, true})
		}
	}
	const end = 1 << 30
	for i, p := range pieces {
		next := end
		if i+1 < len(pieces) {
			next = pieces[i+1].line
		}
		if i > 0 {
			w.WriteByte('\n')
		}
		w.block(p, next)
	}
	w.flush("", end, 0)
}

// block writes what stands before the line where the next block begins.
func (w *converter) block(p piece, next int) {
	w.flush("", p.line, 0)
	opening, indent := w.syntax.open(p.section, p.label, p.first)
	for _, text := range opening {
		w.WriteString(text + "\n")
	}
	w.fields(indent, p.node)
	deep := 1
	if p.shape != single {
		deep += w.inner
	}
	w.flush(indent, next, deep)
	for _, text := range w.syntax.close(p.section) {
		w.WriteString(text + "\n")
	}
}

func (w *converter) fields(indent string, n *node) {
	for _, f := range n.fields {
		w.flush(indent, f.spot.line, 0)
		w.space(f.spot.line)
		if f.node.kind != block {
			w.WriteString(indent + w.syntax.set(f.name, w.value(f.node)) + w.behind(f.spot.line) + "\n")
			continue
		}
		opening, closing := w.syntax.within(f.name)
		if len(f.node.fields) == 0 && len(closing) == 0 {
			w.WriteString(indent + opening[0] + " {}\n") // or YAML has nothing there
			continue
		}
		w.WriteString(indent + opening[0] + "\n")
		w.fields(indent+"  ", f.node)
		for _, text := range closing {
			w.WriteString(indent + text + "\n")
		}
	}
}

func (w *converter) value(n *node) string {
	switch {
	case n.kind == list:
		items := make([]string, len(n.items))
		for i, item := range n.items {
			items[i] = w.value(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case n.value == nil:
		return "null"
	}
	text, ok := n.value.(string)
	if !ok {
		return fmt.Sprint(n.value)
	}
	if _, hcl := w.syntax.(hclSyntax); hcl {
		return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
	}
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted) // JSON's texts are YAML's too
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can be written
	return strings.TrimSuffix(quoted.String(), "\n")
}

// flush writes the comments that stand alone before a line, and are indented by so
// many blanks at least.
func (w *converter) flush(indent string, line, deep int) {
	kept := w.comments[:0]
	for _, c := range w.comments {
		if c.alone && c.line < line && c.deep >= deep {
			w.space(c.line)
			w.WriteString(strings.TrimRight(indent+"# "+c.text, " ") + "\n")
		} else {
			kept = append(kept, c)
		}
	}
	w.comments = kept
}

// space writes the empty line that stood before this one.
func (w *converter) space(line int) {
	if w.apart[line] && w.Len() > 0 && !bytes.HasSuffix(w.Bytes(), []byte("\n\n")) && !bytes.HasSuffix(w.Bytes(), []byte("{\n")) {
		w.WriteByte('\n')
	}
}

// behind gives the comment that stands behind a value.
func (w *converter) behind(line int) string {
	for i, c := range w.comments {
		if !c.alone && c.line == line {
			w.comments = append(w.comments[:i], w.comments[i+1:]...)
			return " # " + c.text
		}
	}
	return ""
}
