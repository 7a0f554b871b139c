package translate

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
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
