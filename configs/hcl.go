package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

type hclParser struct {
	parser
	shapes    map[string]shape
	redefined []hcl.Range // names of attributes that stand in their block already
	data      []byte
}

// parseHCL reads a file. A label becomes one more level, a repeated block a
// list, as the sections declare them. It gives nil where the syntax is wrong.
func parseHCL(file string, data []byte, sections []section) (*node, Problems) {
	p := hclParser{parser: parser{file: file}, shapes: map[string]shape{}, data: data}
	for _, s := range sections {
		p.shapes[s.name] = s.shape
	}
	if line, what := tooMuch(data, file); what != "" {
		return nil, Problems{{File: file, Line: line, Text: what}}
	}
	parsed, diags := hclsyntax.ParseConfig(data, file, hcl.InitialPos)
	if p.diagnostics(diags) {
		if line := lineOf(yamlTop, data); line > 0 && lineOf(hclLine, data) == 0 {
			return nil, Problems{{File: file, Line: line, Text: yamlInHCL}}
		}
		return nil, p.problems
	}
	slices.SortFunc(p.redefined, func(a, b hcl.Range) int { return cmp.Compare(a.Start.Byte, b.Start.Byte) })
	root := &node{kind: block, spot: p.on(1)}
	p.body(root, parsed.Body.(*hclsyntax.Body), "")
	return root, p.problems
}

// The HCL parser calls itself for what stands in brackets and behind an
// operator, and ends the process where the stack ends. A configuration needs
// three levels of brackets and no operators. The parser also takes the square of
// the pieces of a text, which are its lines and what is escaped in it; a
// configuration needs a few.
const (
	maxHCLDepth     = 100
	maxHCLOperators = 1000
	maxHCLPieces    = 1000
)

// tooMuch looks for what the parser would not survive, or not soon.
func tooMuch(data []byte, file string) (line int, what string) {
	tokens, _ := hclsyntax.LexConfig(data, file, hcl.InitialPos)
	depth, operators, pieces := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			operators++
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			pieces = 0
		case hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit:
			pieces++
		}
		switch {
		case depth > maxHCLDepth || operators > maxHCLOperators:
			return t.Range.Start.Line, "it is nested too deep"
		case pieces > maxHCLPieces:
			return t.Range.Start.Line, fmt.Sprintf("a text has more than %d lines or escapes; no value needs more than a few lines", maxHCLPieces)
		}
	}
	return 0, ""
}

// diagnostics reports broken syntax. An attribute that is given twice is none:
// it leaves a tree to look at for more mistakes.
func (p *hclParser) diagnostics(diags hcl.Diagnostics) (broken bool) {
	unclosed := false
	for _, d := range diags {
		switch d.Summary {
		case "Attribute redefined":
			p.redefined = append(p.redefined, *d.Subject)
			continue
		case "Invalid multi-line string", "Unterminated template string":
			if unclosed {
				continue // it follows from the first
			}
			unclosed = true
		}
		broken = true
		p.report(d.Subject.Start.Line, "", "not valid HCL: "+plainly(d))
	}
	return broken
}

// plainly says what is wrong and what would be right, for the two slips whose own
// words are about HCL's inner workings.
func plainly(d *hcl.Diagnostic) string {
	switch d.Summary {
	case "Invalid single-argument block definition":
		return "a block on one line holds one key; write each key on a line of its own, and the closing brace too"
	case "Invalid multi-line string":
		return "the closing quote of a text is missing on this line"
	}
	return lowerFirst(d.Summary) + "; " + lowerFirst(strings.TrimSuffix(d.Detail, "."))
}

func (p *hclParser) body(n *node, body *hclsyntax.Body, at string) {
	attributes := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		attributes = append(attributes, a)
	}
	slices.SortFunc(attributes, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	for _, a := range attributes {
		p.add(n, at, field{a.Name, p.on(a.NameRange.Start.Line), p.expression(a.Expr, join(at, a.Name))})
	}
	for _, r := range p.within(body.SrcRange) {
		if !inBlock(body.Blocks, r.Start.Byte) {
			p.report(r.Start.Line, join(at, string(r.SliceBytes(p.data))), "given twice in one block; keep one of them")
		}
	}
	for _, b := range body.Blocks {
		p.block(n, b, at)
	}
}

// within gives the attributes given again that stand in a range.
func (p *hclParser) within(around hcl.Range) []hcl.Range {
	at := func(offset int) int {
		i, _ := slices.BinarySearchFunc(p.redefined, offset, func(r hcl.Range, offset int) int { return cmp.Compare(r.Start.Byte, offset) })
		return i
	}
	from := at(around.Start.Byte)
	return p.redefined[from:max(from, at(around.End.Byte))]
}

// inBlock reports whether an offset stands in the body of one of the blocks, which
// are in the order of the file.
func inBlock(blocks hclsyntax.Blocks, offset int) bool {
	i, _ := slices.BinarySearchFunc(blocks, offset, func(b *hclsyntax.Block, offset int) int { return cmp.Compare(b.Body.SrcRange.End.Byte, offset+1) })
	return i < len(blocks) && blocks[i].Body.SrcRange.Start.Byte <= offset
}

func (p *hclParser) block(n *node, b *hclsyntax.Block, at string) {
	line, name := b.TypeRange.Start.Line, join(at, b.Type)
	of, known := p.shapes[name]
	switch labels := len(b.Labels); {
	case of == labelled && labels != 1:
		p.report(line, name, fmt.Sprintf("needs one name; write %s \"name\" { … }", b.Type))
		return
	case at != "" && labels != 0: // What stands in it can be looked at all the same.
		p.report(line, name, fmt.Sprintf("takes no name; write %s { … }", b.Type))
	case known && of != labelled && labels != 0:
		p.report(line, name, fmt.Sprintf("takes no name; write %s { … }", b.Type))
		return
	}
	inner := &node{kind: block, spot: p.on(line)}
	switch of {
	case labelled:
		if outer := p.outer(n, b.Type, line, block); outer != nil {
			p.body(inner, b.Body, join(name, b.Labels[0]))
			p.add(outer, name, field{b.Labels[0], p.on(line), inner})
		}
	case repeated:
		if outer := p.outer(n, b.Type, line, list); outer != nil {
			p.body(inner, b.Body, fmt.Sprintf("%s[%d]", name, len(outer.items)))
			outer.items = append(outer.items, inner)
		}
	default:
		p.body(inner, b.Body, name)
		p.add(n, at, field{b.Type, p.on(line), inner})
	}
}

// outer gives the node that holds all blocks of one type.
func (p *hclParser) outer(n *node, name string, line int, of kind) *node {
	if f, ok := n.get(name); ok {
		if f.node.kind == of {
			return f.node
		}
		p.report(line, name, "given as a value and as a block; write blocks only")
		return nil
	}
	outer := &node{kind: of, spot: p.on(line)}
	n.fields = append(n.fields, field{name, p.on(line), outer})
	return outer
}

// expression gives a value that stands in the file. What refers to something
// outside is refused, without a word of its text, which may be a secret.
func (p *hclParser) expression(e hclsyntax.Expression, at string) *node {
	n := &node{spot: p.on(e.Range().Start.Line)}
	switch e := e.(type) {
	case *hclsyntax.TupleConsExpr:
		n.kind = list
		for i, item := range e.Exprs {
			n.items = append(n.items, p.expression(item, fmt.Sprintf("%s[%d]", at, i)))
		}
		return n
	case *hclsyntax.ObjectConsExpr:
		n.kind = block
		for _, item := range e.Items {
			name, diags := item.KeyExpr.Value(nil)
			if diags.HasErrors() || name.Type() != cty.String || name.IsNull() {
				p.report(item.KeyExpr.Range().Start.Line, at, "a key has to be a plain word")
				continue
			}
			p.add(n, at, field{name.AsString(), p.on(item.KeyExpr.Range().Start.Line), p.expression(item.ValueExpr, join(at, name.AsString()))})
		}
		return n
	}
	value, diags := e.Value(hclNames)
	if !diags.HasErrors() {
		var ok bool
		if n.value, ok = goValue(value); ok {
			return n
		}
	}
	if word := hcl.ExprAsKeyword(e); word != "" {
		if value, ok := switches[word]; ok {
			p.report(n.spot.line, at, "has to be true or false, without quotes; write "+value)
		} else {
			p.report(n.spot.line, at, "a word has to stand in quotes")
		}
		n.value = unusable{}
		return n
	}
	p.report(n.spot.line, at, "has to be a plain value: text in quotes, a number, true or false, or a list of them; in text write $${ for ${ and %%{ for %{")
	n.value = unusable{}
	return n
}

func goValue(v cty.Value) (any, bool) {
	switch {
	case !v.IsKnown():
		return nil, false
	case v.IsNull():
		return nil, true
	case v.Type() == cty.String:
		return v.AsString(), true
	case v.Type() == cty.Bool:
		return v.True(), true
	case v.Type() == cty.Number:
		if i, accuracy := v.AsBigFloat().Int64(); accuracy == 0 {
			return i, true
		}
		f, _ := v.AsBigFloat().Float64()
		return f, true
	}
	return nil, false
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
