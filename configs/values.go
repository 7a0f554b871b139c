package configs

import (
	"errors"
	"fmt"

	"github.com/gobwas/glob"
)

// Glob is a pattern over a whole string: '*' stands for any run of characters,
// '?' for one, [a-z] for one of a set, {a,b} for one of several. It tells upper
// and lower case apart. The zero Glob matches everything, as "*" does.
type Glob struct {
	text    string
	pattern *glob.Pattern
}

// ParseGlob compiles a pattern. The empty pattern matches the empty string.
func ParseGlob(text string) (Glob, error) {
	if text == "*" {
		return Glob{}, nil
	}
	pattern, err := glob.Compile(text)
	if err != nil {
		return Glob{}, fmt.Errorf("%q is not a pattern: %s; write for example \"*@example.org\"", text, globReason(err))
	}
	return Glob{text: text, pattern: pattern}, nil
}

func globReason(err error) string {
	var syntax *glob.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("%s at character %d", syntax.Reason, syntax.Offset+1)
	}
	return err.Error()
}

// Match reports whether the pattern covers all of s.
func (g Glob) Match(s string) bool { return g.pattern == nil || g.pattern.Match(s) }

// Any reports whether the pattern is "*".
func (g Glob) Any() bool { return g.pattern == nil }

// String gives the pattern as the operator wrote it.
func (g Glob) String() string {
	if g.pattern == nil {
		return "*"
	}
	return g.text
}

// MarshalText gives the pattern as the operator wrote it.
func (g Glob) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText is ParseGlob.
func (g *Glob) UnmarshalText(text []byte) error {
	parsed, err := ParseGlob(string(text))
	if err == nil {
		*g = parsed
	}
	return err
}
