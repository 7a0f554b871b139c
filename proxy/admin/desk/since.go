package desk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Since reads a time as RFC 3339 writes it, or how long before now it is, as Ago reads it.
// Nothing is the zero time.
func Since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	d, err := Ago(text)
	if err != nil {
		return time.Time{}, fmt.Errorf(`since is a time such as "2026-02-02T14:00:00Z" or how long ago, such as "2h" or "7d", not %q`, text)
	}
	return now.Add(-d), nil
}

// Ago reads a length of time of more than 0: hours, minutes and seconds as Go writes them,
// or whole days, up to 65,535, such as 7d.
func Ago(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return 0, errors.New(`it is not a duration; write for example "90m", "2h" or "7d"`)
	}
	return d, nil
}
