package configs

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gobwas/glob"
)

// Size is a number of octets. In text, KB, MB and GB count 1024, 1024² and
// 1024³ octets.
type Size int64

const (
	kilobyte Size = 1 << 10
	megabyte Size = 1 << 20
	gigabyte Size = 1 << 30
)

// UnmarshalText takes a whole number of octets, alone or followed by KB, MB or
// GB. It refuses negative and fractional numbers, and more than 2⁶³-1 octets.
func (s *Size) UnmarshalText(text []byte) error {
	digits, unit := string(text), Size(1)
	for suffix, octets := range map[string]Size{"KB": kilobyte, "MB": megabyte, "GB": gigabyte} {
		if before, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = strings.TrimSpace(before), octets
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > uint64(math.MaxInt64/unit):
		return fmt.Errorf("%q is too large", text)
	case err != nil:
		return fmt.Errorf("%q is not a size; write a whole number with KB, MB or GB, such as \"512KB\"", text)
	}
	*s = Size(n) * unit
	return nil
}

// MarshalText gives the size in the largest unit that leaves no fraction.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String gives the size in the largest unit that leaves no fraction.
func (s Size) String() string {
	for _, unit := range []struct {
		octets Size
		suffix string
	}{{gigabyte, "GB"}, {megabyte, "MB"}, {kilobyte, "KB"}} {
		if s != 0 && s%unit.octets == 0 {
			return strconv.FormatInt(int64(s/unit.octets), 10) + unit.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

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
