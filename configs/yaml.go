package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An alias is read as if its text stood there again. These bounds end what
// refers to itself and what doubles with every line.
const (
	maxYAMLDepth = 32
	maxYAMLNodes = 500_000
	// maxYAMLSearch bounds the lines of a broken file of which one is named,
	// since the search takes the square of their number.
	maxYAMLSearch = 1000
)

type yamlParser struct {
	parser
	nodes int
}

// parseYAML reads one document. It gives nil where the file's syntax is wrong.
func parseYAML(file string, data []byte) (*node, Problems) {
	p := yamlParser{parser: parser{file: file}}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return &node{kind: block, spot: p.on(1)}, nil
	} else if err != nil {
		p.syntax(err, data)
		return nil, p.problems
	}
	if err := decoder.Decode(&next); err == nil {
		p.report(next.Line, "", "a second document begins here; a configuration is one document")
		return nil, p.problems
	} else if !errors.Is(err, io.EOF) {
		p.syntax(err, data)
		return nil, p.problems
	}
	if len(doc.Content) == 0 {
		return &node{kind: block, spot: p.on(1)}, nil
	}
	if doc.Content[0].Kind == yaml.ScalarNode {
		if line := lineOf(hclLine, data); line > 0 {
			p.report(line, "", hclInYAML)
			return nil, p.problems
		}
	}
	root := p.node(doc.Content[0], "", 0)
	if p.nodes > maxYAMLNodes {
		return nil, Problems{{File: file, Text: "it is too large, or its aliases refer to each other without end"}}
	}
	return root, p.problems
}

var (
	yamlLine   = regexp.MustCompile(`line \d+(?:, column \d+)?: `)
	yamlAnchor = regexp.MustCompile(`unknown anchor .* referenced`)
)

// syntax reports what the library says. It leaves out the name of an unknown
// anchor: a password that begins with '*' is taken for one.
func (p *yamlParser) syntax(err error, data []byte) {
	if line := lineOf(hclLine, data); line > 0 && lineOf(yamlTop, data) == 0 {
		p.report(line, "", hclInYAML)
		return
	}
	if line := lineOf(tabbed, data); line > 0 && strings.Contains(err.Error(), "cannot start any token") {
		p.report(line, "", tabInYAML)
		return
	}
	text := yamlLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
	text = yamlAnchor.ReplaceAllString(text, "a value begins with '*', which refers to an anchor that is not there; put it in quotes")
	p.report(yamlErrorLine(data), "", "not valid YAML: "+text)
}

// yamlErrorLine finds the line that breaks a file. The library names where the
// block around it begins, often the first line of the file. The lines before
// the mistake are a valid file by themselves, unless they end within quotes or
// brackets; then it is the line where those begin.
func yamlErrorLine(data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines) > maxYAMLSearch {
		return 0
	}
	end := len(data)
	for n := len(lines) - 1; n > 0; n-- {
		end -= len(lines[n])
		var doc yaml.Node
		if err := yaml.Unmarshal(data[:end], &doc); err == nil {
			return n + 1
		}
	}
	return 1
}

func (p *yamlParser) node(y *yaml.Node, at string, depth int) *node {
	n := &node{spot: p.on(y.Line)}
	if p.nodes++; p.nodes > maxYAMLNodes || depth > maxYAMLDepth {
		p.nodes = maxYAMLNodes + 1
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		return p.node(y.Alias, at, depth+1)
	case yaml.MappingNode:
		n.kind = block
		p.fields(n, y, at, depth)
	case yaml.SequenceNode:
		n.kind = list
		for i, item := range y.Content {
			n.items = append(n.items, p.node(item, fmt.Sprintf("%s[%d]", at, i), depth+1))
		}
	default:
		n.value = p.scalar(y, at)
	}
	return n
}

func (p *yamlParser) fields(n *node, y *yaml.Node, at string, depth int) {
	for i := 0; i+1 < len(y.Content); i += 2 {
		name, value := y.Content[i], y.Content[i+1]
		if name.Kind != yaml.ScalarNode || name.Tag == "!!merge" {
			p.report(name.Line, at, "a key has to be a plain word; merge keys (<<) and composed keys are not taken")
			continue
		}
		p.add(n, at, field{name.Value, p.on(name.Line), p.node(value, join(at, name.Value), depth+1)})
	}
}

// scalar gives the value that YAML 1.2 reads. Dates stay the text they are.
func (p *yamlParser) scalar(y *yaml.Node, at string) any {
	switch y.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(y.Value, "true")
	case "!!int":
		var i int64
		if err := y.Decode(&i); err == nil {
			return i
		}
		return float64(0)
	case "!!float":
		return float64(0)
	case "!!str", "!!timestamp":
		return y.Value
	}
	p.report(y.Line, at, "tags such as !!binary are not taken; write plain text, in quotes where in doubt")
	return unusable{}
}
