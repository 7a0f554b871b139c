package configs

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"go.yaml.in/yaml/v3"
)

// comment is one line of a comment.
type comment struct {
	line  int
	text  string // without what marks it
	alone bool   // nothing stands before it on its line
	deep  int    // how many blanks it is indented by
}

// afterEmpty gives the lines that an empty line stands before.
func afterEmpty(data []byte) map[int]bool {
	lines := make(map[int]bool)
	before := ""
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" && before == "" && i > 0 {
			lines[i+1] = true
		}
		before = line
	}
	return lines
}

// commentsIn gives the comments of a file that can be parsed, in its order.
func commentsIn(format, name string, data []byte) []comment {
	if format == "hcl" {
		return commentsInHCL(name, data)
	}
	return commentsInYAML(data)
}

func commentsInHCL(name string, data []byte) (all []comment) {
	tokens, _ := hclsyntax.LexConfig(data, name, hcl.InitialPos) // what is wrong was said by the parser
	before := 0
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenComment {
			if t.Type != hclsyntax.TokenNewline {
				before = t.Range.End.Line
			}
			continue
		}
		text := strings.TrimSuffix(strings.TrimSpace(string(t.Bytes)), "*/")
		for i, line := range strings.Split(text, "\n") {
			at := t.Range.Start.Line + i
			all = append(all, comment{at, unmarked(line), at != before, t.Range.Start.Column - 1})
		}
	}
	return all
}

// commentsInYAML takes lines that are comments as they stand, and what the library
// has seen behind values.
func commentsInYAML(data []byte) (all []comment) {
	behind := make(map[int]string)
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) == nil {
		commentsBehind(&doc, behind)
	}
	for i, line := range strings.Split(string(data), "\n") {
		// Behind the dash that begins an element, a comment is of what follows.
		switch text := strings.TrimLeft(strings.TrimSpace(line), "- "); {
		case strings.HasPrefix(text, "#"):
			all = append(all, comment{i + 1, unmarked(text), true, strings.Index(line, "#")})
		case behind[i+1] != "":
			all = append(all, comment{i + 1, unmarked(behind[i+1]), false, 0})
		}
	}
	return all
}

func commentsBehind(n *yaml.Node, behind map[int]string) {
	if n.LineComment != "" {
		behind[n.Line] = n.LineComment
	}
	for _, inner := range n.Content {
		commentsBehind(inner, behind)
	}
}

// unmarked takes away what marks a comment.
func unmarked(line string) string {
	line = strings.TrimSpace(line)
	for _, mark := range []string{"#", "//", "/*", "*"} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(rest)
		}
	}
	return line
}
